import { lineAt } from './problem.ts';

/** A program in a README. */
export interface Example {
  readonly code: string;
  /** Line of the README where the code starts. */
  readonly line: number;
}

const BLOCK = /^```ts[ \t]*\n([\s\S]*?)^```[ \t]*$/gm;

/** Blocks opened with exactly `ts`. `ts fragment` and other words after it mark what is only to be read. */
export function examplesIn(markdown: string): Example[] {
  return [...markdown.matchAll(BLOCK)].map((match) => ({
    code: match[1] ?? '',
    line: lineAt(markdown, match.index) + 1,
  }));
}
