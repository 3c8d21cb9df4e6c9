import type { Problem, SourceFile } from './problem.ts';

const DECISION = /^docs\/adr\/(\d{4})-[a-z\d-]+\.md$/;
const TITLE = /^# (\d+)\. \S/;

/** Decision records are numbered from 1 without a gap, each number once, and say theirs in the title. */
export function checkDecisions(files: readonly SourceFile[]): Problem[] {
  const records = files.filter(({ path }) => DECISION.test(path)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return records.flatMap(({ path, text }, i) => {
    const number = Number(DECISION.exec(path)?.[1]);
    const problem = (line: number, message: string): Problem => ({ check: 'decisions', path, line, message });
    return [
      ...(number === i + 1 ? [] : [problem(0, `is number ${number}, but the next in the row is ${i + 1}`)]),
      ...(Number(TITLE.exec(text)?.[1]) === number ? [] : [problem(1, `the title must begin with "# ${number}. "`)]),
    ];
  });
}
