import type { Problem, SourceFile } from './problem.ts';

const LINES_MAX = 400;
const COUNTED = /^(packages|apps|tooling)\/[^/]+\/src\/.*\.tsx?$/;
const NOT_COUNTED = /\.test\.tsx?$|\/(gen|testdata|fixtures)\//;

/** Files that may be longer: how long at most, and why. */
export type SizeAllowList = Readonly<Record<string, { readonly lines: number; readonly reason: string }>>;

export function checkSizes(files: readonly SourceFile[], allowed: SizeAllowList): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => {
    problems.push({ check: 'sizes', path, line: 0, message });
  };
  const seen = new Set<string>();
  for (const { path, text } of files) {
    if (!COUNTED.test(path) || NOT_COUNTED.test(path)) continue;
    const lines = text.split('\n').length - 1;
    const entry = allowed[path];
    if (entry) seen.add(path);
    if (entry && !entry.reason.trim()) report(path, 'is in file-sizes.json without a reason');
    if (lines > (entry?.lines ?? LINES_MAX))
      report(path, `${lines} lines, at most ${entry?.lines ?? LINES_MAX}: which second idea hides in it?`);
    if (entry && lines <= LINES_MAX) report(path, `no longer needs its line in file-sizes.json (${lines} lines)`);
  }
  for (const path of Object.keys(allowed))
    if (!seen.has(path)) report(path, 'is in file-sizes.json but not in the repository');
  return problems;
}
