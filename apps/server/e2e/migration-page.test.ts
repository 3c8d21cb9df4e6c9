import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DIFFERENCES } from './replay/difference-list.ts';

const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8');
const idsOf = (text: string): string[] => [...new Set(text.match(/\bG-[A-Z]+\d+\b/g))];

const migrating = page('migrating-from-dkron');
/** Of the inside, or what a user finds better without finding it different. */
const UNSEEN = new Set([
  'G-S8', 'G-S10', 'G-S11', 'G-S12', 'G-S14', 'G-X11', 'G-X14', 'G-X15', 'G-X17', 'G-R2', 'G-R4', 'G-R5', 'G-R6', 'G-R7',
  'G-R8', 'G-R9', 'G-A15', 'G-E6', 'G-E8',
]); // prettier-ignore

it('names every gap for which an answer differs from the recorded one', () => {
  const cited = idsOf(DIFFERENCES.map(({ gap }) => gap).join(' '));
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter((id) => !idsOf(migrating).includes(id))).toEqual([]);
});

it('names every known gap whose mending users see, and no unknown one', () => {
  const known = idsOf(page('known-gaps'));
  expect(known.filter((id) => !UNSEEN.has(id) && !idsOf(migrating).includes(id))).toEqual([]);
  expect(idsOf(migrating).filter((id) => !known.includes(id))).toEqual([]);
});
