import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SETTING_KEYS } from '@dkron/config';
import { pages } from './pages.ts';

describe('the reference', () => {
  it.each(pages())('$path is what the program says; else run `pnpm --filter @dkron/cli run generate:docs`', (page) => {
    expect(readFileSync(page.path, 'utf8')).toBe(page.text);
  });

  it('names every setting once in the tables', () => {
    const text = pages().find(({ path }) => path.endsWith('configuration.md'))?.text ?? '';
    for (const key of SETTING_KEYS) {
      expect([key, text.split('\n').filter((line) => line.startsWith(`| \`${key}\``)).length]).toEqual([key, 1]);
    }
  });
});
