import { describe, expect, it } from 'vitest';
import type { Command } from './command.ts';
import { findCommand } from './find.ts';
import { readWords } from './read-call.ts';

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
