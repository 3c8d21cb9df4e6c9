import { expect, it } from 'vitest';
import { checkScenarios, SCENARIOS_PAGE } from './scenarios.ts';

const tests = {
  path: 'packages/raft/src/core/log.test.ts',
  text: "describe('log', () => {\n  it('Slice: a part', () => {});\n  it.each([1])(\n    'Scan: %d',\n  () => {});\n  it(`with ${x}`, () => {});\n});",
};
const script = { path: 'packages/raft/testdata/a.txt', text: '' };
const found = (cell: string): string[] =>
  checkScenarios([
    tests,
    script,
    { path: SCENARIOS_PAGE, text: `# Scenarios\n\n\`no/table\`\n\n| a | ${cell} |\n` },
  ]).map(({ line, message }) => `${line} ${message}`);

it('takes tests by a part of their title, and whole paths', () => {
  expect(found('`core/log: Slice`, `core/log: log`, `core/log: Scan: %d`, `core/log: with ${x}`')).toEqual([]);
  expect(found(`\`${script.path}\`, \`${tests.path}: a part\`, profile \`churn\``)).toEqual([]);
});

it('refuses titles and files that are not there', () => {
  expect(found('`core/log: Slices`')).toEqual([
    '5 `core/log: Slices`: no test of packages/raft/src/core/log.test.ts has Slices in its title',
  ]);
  expect(found('`core/no: Slice`')).toEqual(['5 `core/no: Slice`: packages/raft/src/core/no.test.ts does not exist']);
  expect(found('`packages/raft/testdata/b.txt`')).toEqual([
    '5 `packages/raft/testdata/b.txt`: packages/raft/testdata/b.txt does not exist',
  ]);
});
