import { expect, it } from 'vitest';
import { preconditionOf } from './precondition.ts';

it('reads the version part of If-Match, and If-None-Match: *', () => {
  expect(preconditionOf({ 'if-match': '"12-40"' })).toEqual({ version: 12 });
  expect(preconditionOf({ 'if-none-match': '*' })).toBe('absent');
  expect(preconditionOf({})).toBeNull();
});

it('refuses a tag that no job ever had', () => {
  expect(() => preconditionOf({ 'if-match': 'W/"x"' })).toThrow(/If-Match: W\/"x"/);
});
