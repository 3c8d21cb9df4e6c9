import { describe, expect, it } from 'vitest';
import { ambientUses } from './ambient.ts';

const found = (text: string): string[] => ambientUses(text).map(({ message }) => message.replace(/:.*/, ''));

describe('ambientUses', () => {
  it.each([
    ['a global timer', 'globalThis.setTimeout(f, 1);'],
    ['one by a computed name', "globalThis['setTimeout'](f, 1);"],
    ['the global object under another name', 'const world = globalThis;'],
    ['Node’s name for it', 'global.setTimeout(f, 1);'],
  ])('finds %s', (_, text) => {
    expect(found(text)).toEqual(['reaches through the global object']);
  });

  it.each([
    ['the plain call', 'const a = Math.random();'],
    ['a call over lines', 'const a = Math\n  .random();'],
    ['the function as a value', 'const next = Math.random;'],
    ['taken apart', 'const { random } = Math;'],
    ['under another name', 'const m = Math;'],
    ['by a computed name', "const a = Math['random']();"],
    ['handed over', 'draw(Math);'],
    ['the platform’s generator', 'const a = crypto.randomUUID();'],
    ['the platform’s generator taken apart', 'const { randomUUID } = crypto;'],
  ])('finds chance: %s', (_, text) => {
    expect(found(text)).toHaveLength(1);
  });

  it('finds chance behind the global object', () => {
    expect(found('const a = globalThis.Math.random();')).toContain('takes a random number');
  });

  it.each([
    ['a date of now', 'const a = new Date();'],
    ['one without parentheses', 'const a = new Date;'],
    ['its text', 'const a = Date();'],
    ['its number', 'const a = Date.now();'],
    ['the function taken apart', 'const { now } = Date;'],
    ['the function by a computed name', "const a = Date['now']();"],
    ['the class under another name', 'const D = Date;'],
  ])('finds the clock: %s', (_, text) => {
    expect(found(text)).toContain('reads the wall clock');
  });

  it.each([
    ['a format without a zone', "const a = new Intl.DateTimeFormat('en-US', { hour: 'numeric' });"],
    ['the zone of the host', 'const a = Intl.DateTimeFormat().resolvedOptions().timeZone;'],
    ['a format without arguments', 'const a = new Intl.DateTimeFormat;'],
    ['a format taken out of its name space', 'const { DateTimeFormat } = Intl;'],
    ['a getter', 'const a = date.getHours();'],
    ['a setter', 'date.setMonth(1);'],
    ['the offset', 'const a = date.getTimezoneOffset();'],
    ['a date from local parts', 'const a = new Date(year, 1);'],
    ['a text for readers', 'const a = date.toLocaleString();'],
  ])('finds the host’s zone: %s', (_, text) => {
    expect(found(text)).toEqual(["depends on the host's zone"]);
  });

  it.each([
    ["const a = new Intl.DateTimeFormat('en-US', { timeZone: name });"],
    ["const a = new Intl.DateTimeFormat(first('x'), {\n  timeZone: name,\n});"],
    ['function f(format: Intl.DateTimeFormat): Intl.DateTimeFormatPartTypes {}'],
    ['const a = new Date(5).getUTCHours();'],
    ['const a = Math.floor(x) + Math.max(1, 2);'],
    ['const a = Date.UTC(2026, 0, 1);'],
    ['const isDate = (value: unknown): value is Date => value instanceof Date;'],
    ['// never Math.random() or globalThis.setTimeout'],
    [' * `const { random } = Math`'],
  ])('lets pass: %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});
