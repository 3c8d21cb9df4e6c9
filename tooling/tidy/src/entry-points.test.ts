import { expect, it } from 'vitest';
import { checkEntryPoints } from './entry-points.ts';

const count = (path: string, text: string): number => checkEntryPoints({ path, text }).length;

it('wants names and a comment', () => {
  expect(count('packages/x/src/index.ts', "/** What it is. */\nexport { a } from './a.ts';\n")).toBe(0);
  expect(count('packages/x/src/index.ts', "export { a } from './a.ts';\n")).toBe(1);
  expect(count('packages/x/src/index.ts', "/** What it is. */\nexport * from './a.ts';\n")).toBe(1);
  expect(count('packages/x/src/index.ts', "/** What it is. */\nexport type * from './a.ts';\n")).toBe(1);
});

it('wants names elsewhere too, but no comment there', () => {
  expect(count('packages/x/src/a.ts', "export * as b from './b.ts';\n")).toBe(1);
  expect(count('packages/x/src/a.ts', 'export const a = 1;\n')).toBe(0);
  expect(count('packages/x/src/gen/a.ts', "export * from './b.ts';\n")).toBe(0);
});
