import { posix } from 'node:path';
import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

const FOLDER = 'docs/operations/';
const SECTION = /^## .*$/gm;
const COMMANDS = '\n```sh\n';
const SHOWN_BY = /^Shown by \[`[^`]+`\]\(([^)]+)\): "([^"]+)"$/gm;
const ANY_SHOWN_BY = /^Shown by /gm;

/** Every section of the operations pages that has commands names what executes it, and all that is named exists. */
export function checkProcedures(files: readonly SourceFile[]): Problem[] {
  const pages = files.filter(({ path }) => path.startsWith(FOLDER) && path.endsWith('.md'));
  return pages.flatMap((page) => [...unshown(page), ...missing(page, files)]);
}

function problem(page: SourceFile, index: number, message: string): Problem {
  return { check: 'procedures', path: page.path, line: lineAt(page.text, index), message };
}

function unshown(page: SourceFile): Problem[] {
  const starts = Array.from(page.text.matchAll(SECTION), ({ index }) => index);
  return starts.flatMap((start, i) => {
    const section = page.text.slice(start, starts[i + 1]);
    if (!section.includes(COMMANDS) || /^Shown by /m.test(section)) return [];
    return [problem(page, start, 'has commands, and no line "Shown by [`file`](path): "title""')];
  });
}

function missing(page: SourceFile, files: readonly SourceFile[]): Problem[] {
  const problems: Problem[] = [];
  const wellFormed = new Set<number>();
  for (const { 1: link = '', 2: title = '', index } of page.text.matchAll(SHOWN_BY)) {
    wellFormed.add(index);
    const path = posix.join(posix.dirname(page.path), link);
    const shown = files.find((file) => file.path === path);
    if (shown === undefined) problems.push(problem(page, index, `${path} does not exist`));
    else if (!shown.text.includes(title)) problems.push(problem(page, index, `${path} has no "${title}"`));
  }
  for (const { index } of page.text.matchAll(ANY_SHOWN_BY)) {
    if (!wellFormed.has(index)) problems.push(problem(page, index, 'is not: Shown by [`file`](path): "title"'));
  }
  return problems;
}
