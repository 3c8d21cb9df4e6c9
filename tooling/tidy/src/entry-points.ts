import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

const SOURCE = /^(packages|apps)\/[^/]+\/src\/.*\.tsx?$/;
const STAR = /^\s*export\s+(type\s+)?\*/gm;

/** The surface of a package is read in one place: entry points name each export, and say what the package is. */
export function checkEntryPoints({ path, text }: SourceFile): Problem[] {
  if (!SOURCE.test(path) || path.includes('/gen/')) return [];
  const problems: Problem[] = [...text.matchAll(STAR)].map((match) => ({
    check: 'entry points',
    path,
    line: lineAt(text, match.index),
    message: 'export names, not a star',
  }));
  if (/^packages\/[^/]+\/src\/(.*\/)?index\.ts$/.test(path) && !text.startsWith('/**')) {
    problems.push({
      check: 'entry points',
      path,
      line: 1,
      message: 'must open with a comment that says what it offers',
    });
  }
  return problems;
}
