import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const FOLDER = new URL('.', import.meta.url);
const IMPORT = /\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|\bimport\s*['"]([^'"]+)['"]/g;
/** What only Node has; types of it are not loaded for the build either. */
const NODE_ONLY = /\b(?:process|Buffer|require|global|setImmediate|__dirname)\b(?!['"`:])[.([]/;

const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('testing'),
);

it('there are sources to look at', () => {
  expect(sources).toContain('client.ts');
  expect(NODE_ONLY.test('process.env')).toBe(true);
});

it.each(sources)('%s imports nothing but its neighbours, and needs nothing that browsers lack', (path) => {
  const text = readFileSync(new URL(path, FOLDER), 'utf8');
  const imports = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  expect(imports.filter((specifier) => !specifier.startsWith('./') && !specifier.startsWith('../'))).toEqual([]);
  expect(NODE_ONLY.exec(text)?.[0]).toBeUndefined();
});
