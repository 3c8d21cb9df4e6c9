import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitWords } from './split-words.ts';

it.each<[string, string[], string?]>([
  ['', []],
  ['  \t\n ', []],
  ['a  b\tc', ['a', 'b', 'c']],
  [`a 'b c' "d e"f`, ['a', 'b c', 'd ef']],
  [`'' ""`, ['', '']],
  [`a\\ b \\"c`, ['a b', '"c']],
  [`'a\\b' "a\\"b"`, ['a\\b', 'a"b']],
  [`$HOME ~ *.txt`, ['$HOME', '~', '*.txt']],
  ['`date +%s` x', ['`date +%s`', 'x']],
  ['echo $(date +%s; a "b") x', ['echo', '$(date +%s; a "b")', 'x']],
  ['"(;|)"', ['(;|)']],
  ['$(a `b) c', ['$(a `b)', 'c']],
  ['echo a; rm x', ['echo', 'a'], ';'],
  ['echo a&& b', ['echo', 'a'], '&'],
  ['echo a | b', ['echo', 'a'], '|'],
  ['cmd 2>err', ['cmd'], '>'],
  ['cmd x2>err', ['cmd', 'x2'], '>'],
  ['cmd <in', ['cmd'], '<'],
])('%j', (line, words, endedBy) => {
  expect(splitWords(line)).toEqual(endedBy === undefined ? { words } : { words, endedBy });
});

it.each([`'a`, `"a`, 'a\\', '`a', '$(a', '(a)', 'a (b', 'a)', '$(a (b))'])('refuses %j', (line) => {
  expect(() => splitWords(line)).toThrow('invalid command line string');
});

it('reads back any words that were quoted', () => {
  const quoted = (word: string): string => `'${word.replaceAll(`'`, `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
      expect(splitWords(words.map(quoted).join(' ')).words).toEqual(words);
    }),
  );
});
