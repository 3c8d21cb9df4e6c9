import { expect, it } from 'vitest';
import { checkProcedures } from './procedures.ts';

const TEST = { path: 'apps/x/e2e/x.test.ts', text: "it('does it', async () => {});" };
const page = (text: string): string[] =>
  checkProcedures([TEST, { path: 'docs/operations/page.md', text }]).map(({ line, message }) => `${line}: ${message}`);

const COMMANDS = '```sh\ndkron leave\n```\n';
const SHOWN = 'Shown by [`x.test.ts`](../../apps/x/e2e/x.test.ts): "does it"\n';

it('permits procedures that name an existing test, and sections without commands', () => {
  expect(page(`# Page\n\n## One\n\n${COMMANDS}\n${SHOWN}\n## Two\n\nWords.\n`)).toEqual([]);
});

it('tells a procedure that nothing executes', () => {
  expect(page(`# Page\n\n## One\n\n${COMMANDS}\n## Two\n\n${SHOWN}`)).toEqual([
    expect.stringMatching(/^3: has commands/),
  ]);
});

it('tells a test, or a file, that is not there, and a line that cannot be read', () => {
  expect(page(SHOWN.replace('does it', 'does more'))).toEqual(['1: apps/x/e2e/x.test.ts has no "does more"']);
  expect(page(SHOWN.replace('/x.test.ts)', '/y.test.ts)'))).toEqual(['1: apps/x/e2e/y.test.ts does not exist']);
  expect(page('Shown by a test.\n')).toEqual(['1: is not: Shown by [`file`](path): "title"']);
});
