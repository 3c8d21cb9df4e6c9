import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from './command.ts';
import { findCommand } from './find.ts';
import { flagProblem, parseBool, parseInteger, splitList } from './flag-value.ts';
import { readWords } from './read-call.ts';
import { editDistance, similar } from './suggest.ts';

const ROOT: Command = {
  name: 'root',
  summary: '',
  children: [
    {
      name: 'group',
      summary: '',
      sharedFlags: [{ name: 'addr', type: 'string', help: '' }],
      children: [
        {
          name: 'leaf',
          summary: '',
          flags: [
            { name: 'on', type: 'bool', help: '' },
            { name: 'list', short: 'l', type: 'strings', help: '' },
            { name: 'count', short: 'c', type: 'int', help: '' },
          ],
          run: () => 0,
        },
      ],
    },
  ],
};

const read = (...args: string[]): { flags: Record<string, readonly string[]>; args: readonly string[] } => {
  const words = readWords(findCommand(ROOT, args));
  return { flags: Object.fromEntries(words.flags), args: words.args };
};

describe('a command line', () => {
  it('has flags before, between and after the names of commands', () => {
    const expected = { flags: { addr: ['x'], on: ['true'] }, args: [] };
    expect(read('group', '--addr', 'x', 'leaf', '--on')).toEqual(expected);
    expect(read('group', '--addr=x', 'leaf', '--on')).toEqual(expected);
    expect(read('group', 'leaf', '--on', '--addr', 'x')).toEqual(expected);
  });

  it('a boolean takes its value only after =', () => {
    expect(read('group', 'leaf', '--on', 'false')).toEqual({ flags: { on: ['true'] }, args: ['false'] });
    expect(read('group', 'leaf', '--on=false').flags).toEqual({ on: ['false'] });
  });

  it('a value may look like a flag; -- ends the flags', () => {
    expect(read('group', 'leaf', '--count', '-1', '-l', '--x', '--', '--on')).toEqual({
      flags: { count: ['-1'], list: ['--x'] },
      args: ['--on'],
    });
  });

  it('lists add up, and have commas', () => {
    expect(read('group', 'leaf', '-l', 'a,b', '--list=c', '-ld').flags['list']).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    [['group', 'leaf', '--nope'], 'unknown flag: --nope'],
    [['group', 'leaf', '-x'], "unknown shorthand flag: 'x' in -x"],
    [['group', 'leaf', '--count'], 'flag needs an argument: --count'],
    [['group', 'leaf', '-c'], "flag needs an argument: 'c' in -c"],
    [
      ['group', 'leaf', '-c', 'x'],
      'invalid argument "x" for "-c, --count" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
  ])('%j is refused in the words of the original', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});

describe('values', () => {
  it('booleans and integers are those of the original', () => {
    expect(['1', 't', 'TRUE', '0', 'False', 'yes', 'tRUE', ''].map(parseBool)).toEqual([
      true,
      true,
      true,
      false,
      false,
      undefined,
      undefined,
      undefined,
    ]);
    expect(['12', '-3', '0x1F', '0b11', '0o17', '017', '1_0', '1.0', ''].map(parseInteger)).toEqual([
      12n,
      -3n,
      31n,
      3n,
      15n,
      15n,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('bounds of integers', () => {
    const problem = (type: 'int' | 'uint16', text: string): string | undefined =>
      flagProblem({ name: 'n', type, help: '' }, text);
    expect(problem('int', '9223372036854775807')).toBeUndefined();
    expect(problem('int', '9223372036854775808')).toContain('value out of range');
    expect(problem('uint16', '65536')).toContain('value out of range');
    expect(problem('uint16', '-1')).toContain('invalid syntax');
  });

  it('every list comes back from its quoted text', () => {
    const quote = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
        expect(splitList(values.map(quote).join(','))).toEqual(values);
      }),
    );
    expect(splitList('a,"b,c",,d')).toEqual(['a', 'b,c', '', 'd']);
    expect(splitList('')).toEqual([]);
  });
});

describe('suggestions', () => {
  it('the distance is symmetric, zero only for equal texts, and no more than the longer text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      }),
    );
  });

  it('nearest first', () => {
    expect(similar('agnet', ['agent', 'raft'])).toEqual(['agent']);
    expect(similar('comp', ['agent', 'completion'])).toEqual(['completion']);
    expect(similar('zzz', ['agent'])).toEqual([]);
  });
});
