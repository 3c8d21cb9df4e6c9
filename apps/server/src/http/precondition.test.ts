import type { StoredJob } from '@dkron/jobs';
import { expect, it } from 'vitest';
import { isKnown, preconditionOf } from './precondition.ts';

it('reads the version part of If-Match, and If-None-Match: *', () => {
  expect(preconditionOf({ 'if-match': '"12-40"' }, undefined)).toEqual({ version: 12 });
  expect(preconditionOf({ 'if-none-match': '*' }, undefined)).toBe('absent');
  expect(preconditionOf({}, undefined)).toBeNull();
});

it('refuses a tag that no job ever had', () => {
  expect(() => preconditionOf({ 'if-match': 'W/"x"' }, undefined)).toThrow(/If-Match: W\/"x"/);
});

it('If-Match: * is the job as it is, and nothing without one', () => {
  const stored = { state: { version: 7 } } as StoredJob;
  expect(preconditionOf({ 'if-match': '*' }, stored)).toEqual({ version: 7 });
  expect(() => preconditionOf({ 'if-match': '*' }, undefined)).toThrow(/no such job/);
});

it('If-None-Match of a read is a list of tags, weak or not', () => {
  expect(['"1-2"', 'W/"1-2"', '"0-0", "1-2"', '*'].map((header) => isKnown(header, '"1-2"'))).toEqual(
    Array(4).fill(true),
  );
  expect([undefined, '', '"1-3"', '1-2'].map((header) => isKnown(header, '"1-2"'))).toEqual(Array(4).fill(false));
});
