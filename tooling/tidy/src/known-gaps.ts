import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

/** Where each id is explained. */
export const GAPS_PAGE = 'docs/known-gaps.md';

const ID = /\bG-[A-Z]+\d+\b/g;
const EXPLAINED = /^\| (G-[A-Z]+\d+) \|/gm;

/** Every id of a gap that a file cites has its line, and only one, on the page of gaps. */
export function checkKnownGaps(files: readonly SourceFile[]): Problem[] {
  const page = files.find(({ path }) => path === GAPS_PAGE)?.text ?? '';
  const explained = new Set<string>();
  const problems: Problem[] = [];
  const report = (path: string, line: number, message: string): void => {
    problems.push({ check: 'known gaps', path, line, message });
  };
  for (const { 1: id = '', index } of page.matchAll(EXPLAINED)) {
    if (explained.has(id)) report(GAPS_PAGE, lineAt(page, index), `${id} is explained twice`);
    explained.add(id);
  }
  for (const { path, text } of files) {
    if (path.startsWith('tooling/tidy/')) continue;
    const told = new Set<string>();
    for (const { 0: id, index } of text.matchAll(ID)) {
      if (explained.has(id) || told.has(id)) continue;
      told.add(id);
      report(path, lineAt(text, index), `${id} has no line in ${GAPS_PAGE}`);
    }
  }
  return problems;
}
