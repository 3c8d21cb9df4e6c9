import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { Leftovers } from './leftovers.ts';

it('what could not be removed is tried again until it is, or for ten minutes', async () => {
  const time = new ManualTime();
  const logger = new MemoryLogger();
  const leftovers = new Leftovers({ timers: time });
  const tried: string[] = [];
  leftovers.add(
    'back',
    async (id) => {
      tried.push(id);
      if (tried.length < 3) throw new Error('away');
    },
    logger,
  );
  for (let seconds = 0; seconds < 60; seconds += 5) await time.advance(5_000);
  expect(tried).toEqual(['back', 'back', 'back']);
  expect(logger.records).toEqual([]);
  let tries = 0;
  leftovers.add('gone', () => Promise.reject(new Error(`away ${(tries += 1)}`)), logger);
  for (let seconds = 0; seconds < 900; seconds += 5) await time.advance(5_000);
  expect([tries, logger.records.length]).toEqual([120, 1]);
  leftovers.add('last', () => Promise.reject(new Error('away')), logger);
  leftovers.close();
  await time.advance(60_000);
  expect(logger.records.map(({ fields }) => fields['container'])).toEqual(['gone', 'last']);
});
