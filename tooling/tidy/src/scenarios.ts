import type { Problem, SourceFile } from './problem.ts';
import { lineAt } from './problem.ts';

/** Which test shows which scenario. */
export const SCENARIOS_PAGE = 'docs/raft-scenarios.md';

const HOME = 'packages/raft/src/';
/** `file: part of a title`, or a whole path. */
const REFERENCE = /`([\w./-]+)(?:: ([^`]+))?`/g;
/** Titles as they stand in the text, placeholders included; those of `it.each(…)` follow a `)(`. */
const TITLE =
  /(?:\b(?:it|test|describe)(?:\.\w+)?\(|\)\()\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;

/** Every test and script that the page of scenarios names in its tables exists. */
export function checkScenarios(files: readonly SourceFile[]): Problem[] {
  const page = files.find(({ path }) => path === SCENARIOS_PAGE)?.text ?? '';
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const titles = new Map<string, readonly string[]>();
  const problems: Problem[] = [];
  for (const { 0: whole, 1: name = '', 2: part, index } of page.matchAll(REFERENCE)) {
    if (page.lastIndexOf('\n|', index) < page.lastIndexOf('\n', index - 1)) continue;
    if (part === undefined && !name.includes('/')) continue;
    const path = name.startsWith('packages/') ? name : `${HOME}${name}.test.ts`;
    const text = texts.get(path);
    if (text !== undefined && part !== undefined && !titles.has(path)) titles.set(path, titlesOf(text));
    const found = text !== undefined && (part === undefined || titles.get(path)!.some((title) => title.includes(part)));
    if (found) continue;
    const message = text === undefined ? `${path} does not exist` : `no test of ${path} has ${part} in its title`;
    problems.push({
      check: 'scenarios',
      path: SCENARIOS_PAGE,
      line: lineAt(page, index),
      message: `${whole}: ${message}`,
    });
  }
  return problems;
}

function titlesOf(text: string): string[] {
  return Array.from(
    text.matchAll(TITLE),
    ({ 1: single, 2: double, 3: template }) => single ?? double ?? template ?? '',
  );
}
