import { expect, it } from 'vitest';
import { checkKnownGaps, GAPS_PAGE } from './known-gaps.ts';

const page = { path: GAPS_PAGE, text: '# Gaps\n\n| G-S1 | ticks vanish | they do not | `a` |\n' };
const found = (...files: { path: string; text: string }[]): string[] =>
  checkKnownGaps([page, ...files]).map(({ path, line, message }) => `${path}:${line} ${message}`);

it('asks for a line per id that is cited, once per file', () => {
  expect(found({ path: 'a.test.ts', text: "it('G-S1: x')" })).toEqual([]);
  expect(found({ path: 'a.test.ts', text: "it('G-S1, G-S9: x')\nit('G-S9: y')" })).toEqual([
    'a.test.ts:1 G-S9 has no line in docs/known-gaps.md',
  ]);
});

it('refuses two lines for one id', () => {
  const twice = { path: GAPS_PAGE, text: page.text + page.text };
  expect(checkKnownGaps([twice]).map(({ message }) => message)).toEqual(['G-S1 is explained twice']);
});
