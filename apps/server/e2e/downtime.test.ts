import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

const seconds = (time: string) => Math.floor(Date.parse(time) / 1_000);

interface Tick {
  readonly tick: string;
  readonly last_tick: string;
  readonly count: number;
  readonly decision: string;
  readonly reason: string;
  readonly trigger: string;
}

describe('a server that was away longer than tick-grace', () => {
  it('G-S1: decides every tick of the downtime once, as catchup says; G-S4: the phase stays', async () => {
    const options = { dataDir: await tempDir(), tickGrace: 500 };
    const names = ['skip', 'last', 'all', 'single'];
    const first = await TestNode.start(options);
    for (const name of names) {
      const more =
        name === 'single' ? { ...shell('sleep 0.5'), catchup: 'all', concurrency: 'forbid' } : { catchup: name };
      await first.put(name, { schedule: '@every 1s', ...more });
    }
    for (const name of names) await until(name, async () => (await first.ticks(name)).length > 0);
    await first.stop();
    await pause(3_500);
    const second = await TestNode.start(options);
    for (const name of names) {
      const started = (await second.ticks(name)).length;
      await until(
        `${name} goes on`,
        async () =>
          (await second.ticks(name, '&trigger=schedule&decision=run')).length >= 2 &&
          (await second.ticks(name)).length > started,
      );
    }
    const ledger = Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await second.ticks(name)])),
    ) as Record<string, Tick[]>;
    for (const name of names) expectGapless(ledger[name]!);
    expect(ledger['skip']!.find((tick) => tick.decision === 'missed')).toMatchObject({
      reason: 'skip',
      trigger: 'schedule',
    });
    expect(ledger['skip']!.some((tick) => tick.trigger === 'catchup')).toBe(false);
    expect(ledger['last']!.filter((tick) => tick.trigger === 'catchup')).toMatchObject([{ decision: 'run' }]);
    expect(ledger['last']!.find((tick) => tick.decision === 'missed')).toMatchObject({ reason: 'last' });
    expect(
      ledger['all']!.filter((tick) => tick.trigger === 'catchup' && tick.decision === 'run').length,
    ).toBeGreaterThanOrEqual(2);
    expect(ledger['all']!.every((tick) => tick.decision === 'run')).toBe(true);
    const single = ledger['single']!.filter((tick) => tick.trigger === 'catchup');
    expect(single[0]).toMatchObject({ decision: 'run' });
    expect(single.slice(1).every((tick) => tick.decision === 'skipped' && tick.reason === 'forbid')).toBe(true);
    expect(single.length).toBeGreaterThanOrEqual(2);
    await second.stop();
  });

  it('G-S13: the default zone outlives the server that set it', async () => {
    const dataDir = await tempDir();
    const first = await TestNode.start({ dataDir, defaultTimezone: 'Asia/Tokyo' });
    await first.put('morning', { schedule: '0 0 9 * * *' });
    const { next } = (await first.get('/v1/jobs/morning')).json;
    await first.stop();
    const second = await TestNode.start({ dataDir });
    expect((await second.get('/v1/jobs/morning')).json.next).toBe(next);
    await second.put('evening', { schedule: '0 0 9 * * *' });
    expect((await second.get('/v1/jobs/evening')).json.next).toBe(next);
    expect(second.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('another zone') }),
    );
    await second.stop();
  });
});

/** Every second once, in order. */
function expectGapless(ticks: readonly Tick[]): void {
  const covered = ticks
    .filter((tick) => tick.trigger !== 'manual')
    .flatMap((tick) => {
      return Array.from({ length: tick.count }, (_, i) => seconds(tick.tick) + i);
    });
  expect(covered).toEqual(covered.map((_, i) => covered[0]! + i));
}
