import { silentLogger } from '@dkron/runtime';
import { ManualTime } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import type { ServerOptions } from '../options.ts';
import { createJoiner } from './server-joiner.ts';

type Modules = Parameters<typeof createJoiner>[1];

/** How often a server looks for others within ten minutes, with one of three `bootstrap-expect` gone. */
async function roundsWith(configured: readonly string[]): Promise<number> {
  const time = new ManualTime();
  let rounds = 0;
  const options = { nodeName: 'a', region: 'r', retryJoin: ['b'], join: [], retryMax: 0, retryInterval: 30_000 };
  const alive = ['a', 'b'].map((name) => ({ name, status: 'alive' }));
  const joiner = createJoiner({ ...options, bootstrapExpect: 3 } as unknown as ServerOptions, {
    pool: {
      join: async () => {
        rounds += 1;
        return { contacted: 1, failures: [] };
      },
      members: () => alive,
    } as unknown as Modules['pool'],
    raft: { getConfiguration: () => ({ members: configured }) } as unknown as Modules['raft'],
    membership: { servers: () => alive } as unknown as Modules['membership'],
    clock: time,
    timers: time,
    logger: silentLogger,
    onFatal: (error) => expect.fail(error.message),
  });
  joiner.start();
  for (let second = 0; second < 600; second++) await time.advance(1000);
  joiner.stop();
  return rounds;
}

it('a fresh server looks for as many as are expected, a member for those that are configured', async () => {
  expect(await roundsWith([])).toBeGreaterThan(20);
  expect(await roundsWith(['a', 'b', 'c'])).toBeGreaterThan(20);
  // The third has left.
  expect(await roundsWith(['a', 'b'])).toBe(1);
});
