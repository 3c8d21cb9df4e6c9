import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

// Written in pieces, so that this file passes its own check.
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b(?!\\(#\\d+\\))`, 'g');
const MACHINE_PATH = new RegExp(
  ['(?<![\\w./:-])/wor' + 'k/\\w', '(?<![\\w.])/home/(?!node\\b)\\w', '\\.\\./sha' + 'red\\b', '/Use' + 'rs/\\w'].join(
    '|',
  ),
  'g',
);
const SOURCE = /\.(ts|tsx|mjs|js|json|ya?ml|proto|md|sh)$|\/run$/;
const DATA = /(^|\/)(testdata|vectors|fixtures|gen)\/|^pnpm-lock\.yaml$/;

/** Unfinished work must name its issue; nothing may depend on the machine where it was written. */
export function checkTexts({ path, text }: SourceFile): Problem[] {
  if (!SOURCE.test(path) || DATA.test(path)) return [];
  const problems: Problem[] = [];
  const find = (pattern: RegExp, message: (found: string) => string): void => {
    for (const match of text.matchAll(pattern)) {
      problems.push({ check: 'texts', path, line: lineAt(text, match.index), message: message(match[0]) });
    }
  };
  find(UNFINISHED, (found) => `bare ${found}: do it, or name its issue as ${found}(#12)`);
  find(MACHINE_PATH, (found) => `${found}… is a path of one machine`);
  return problems;
}
