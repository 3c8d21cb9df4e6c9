import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ENDPOINTS } from './endpoints.ts';
import { REFERENCE_PATH, referencePage } from './reference-page.ts';

it('docs/reference/rest.md is what the schemas say; else run `pnpm --filter @dkron/server run generate:docs`', () => {
  expect(readFileSync(REFERENCE_PATH, 'utf8')).toBe(referencePage());
});

it('the reference has every endpoint once', () => {
  const heads = referencePage()
    .split('\n')
    .filter((line) => /^### [A-Z]+ \//.test(line));
  expect(heads.toSorted()).toEqual(
    ENDPOINTS.map(({ method, path }) => `### ${method.toUpperCase()} ${path}`).toSorted(),
  );
});
