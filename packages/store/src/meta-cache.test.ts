import { expect, it } from 'vitest';
import { MetaCache } from './meta-cache.ts';
import { EMPTY_META } from './records.ts';

it('keeps the metas that changed last, and no more than its bound', () => {
  const cache = new MetaCache();
  for (let i = 0; i < 16_384; i++) cache.set(`job-${i}`, { ...EMPTY_META, historyNext: i });
  cache.set('job-0', { ...EMPTY_META, historyNext: 99_999 });
  cache.set('one-more', EMPTY_META);
  expect(cache.get('job-0')?.historyNext).toBe(99_999);
  expect(cache.get('job-1')).toBeUndefined();
  expect(cache.get('job-2')?.historyNext).toBe(2);
  cache.set('job-2', undefined);
  expect(cache.get('job-2')).toBeUndefined();
});
