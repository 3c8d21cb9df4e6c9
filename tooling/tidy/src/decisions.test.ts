import { expect, it } from 'vitest';
import { checkDecisions } from './decisions.ts';

const found = (...records: readonly (readonly [name: string, title: string])[]): string[] =>
  checkDecisions(records.map(([name, title]) => ({ path: `docs/adr/${name}.md`, text: `# ${title}\n` }))).map(
    ({ path, message }) => `${path.slice('docs/adr/'.length)}: ${message}`,
  );

it('permits records that are numbered one after the other', () => {
  expect(found(['0002-b', '2. B'], ['0001-a', '1. A'])).toEqual([]);
});

it('finds a number that is used twice, and one that is left out', () => {
  expect(found(['0001-a', '1. A'], ['0001-b', '1. B'])).toEqual([
    '0001-b.md: is number 1, but the next in the row is 2',
  ]);
  expect(found(['0001-a', '1. A'], ['0003-c', '3. C'])).toEqual([
    '0003-c.md: is number 3, but the next in the row is 2',
  ]);
});

it('finds a title of another number, and of none', () => {
  expect(found(['0001-a', '2. A'])).toEqual(['0001-a.md: the title must begin with "# 1. "']);
  expect(found(['0001-a', 'ADR 1: A'])).toEqual(['0001-a.md: the title must begin with "# 1. "']);
});
