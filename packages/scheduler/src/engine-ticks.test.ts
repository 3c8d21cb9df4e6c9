import { NANOS_PER_SECOND } from '@dkron/runtime';
import { beforeEach, describe, expect, it } from 'vitest';
import { definition, Harness, SECOND, T0 } from '../test/harness.ts';

describe('Engine: ticks', () => {
  let h: Harness;

  beforeEach(async () => {
    h = await Harness.start();
  });

  it('runs on time, once per tick, and dispatches only what is committed', async () => {
    const worker = await h.connect();
    await h.put(definition('a', '@every 10s'));
    await h.time.advance(30_500);
    expect(h.ledger('a')).toEqual(['10 run schedule', '20 run schedule', '30 run schedule']);
    expect(worker.dispatches.map((dispatch) => dispatch.tick)).toEqual([10n, 20n, 30n].map((s) => T0 + s * SECOND));
    expect(new Set(worker.dispatches.map(({ id }) => id)).size).toBe(3);
    for (const { decidedAt, tick } of h.entries('a')) expect(decidedAt - tick).toBeLessThan(5_000_000n);
  });

  it('10,000 jobs due in one second make commands of 64', async () => {
    for (let i = 0; i < 10_000; i++) await h.put(definition(`job${i}`, '0 * * * * *'));
    await h.time.advance(55_000);
    const worker = await h.connect();
    await h.time.advance(5_500);
    expect(h.commandsOf('decideTicks')).toBe(Math.ceil(10_000 / 64));
    expect(Array.from({ length: 10_000 }, (_, i) => h.entries(`job${i}`).length)).toEqual(Array(10_000).fill(1));
    expect(worker.dispatches).toHaveLength(10_000);
  }, 60_000);

  it('G-S1: after an election shorter than tick-grace every tick runs', async () => {
    await h.put(definition('a', '@every 2s'));
    await h.time.advance(4_100);
    await h.failOver(7_000);
    await h.time.advance(1_000);
    expect(h.ledger('a')).toEqual(['2', '4', '6', '8', '10', '12'].map((second) => `${second} run schedule`));
  });

  it('G-S1: catchup skip records the late stretch as missed', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.failOver(65_000);
    expect(h.ledger('a')).toEqual(['10 missed skip schedule ×5', '60 run schedule']);
  });

  it('G-S1: catchup last runs the newest late tick', async () => {
    await h.put(definition('a', '@every 10s', { catchup: 'last' }));
    await h.failOver(65_000);
    expect(h.ledger('a')).toEqual(['10 missed last schedule ×4', '50 run catchup', '60 run schedule']);
  });

  it('G-S1: catchup all runs oldest first, inside the window only', async () => {
    await h.put(definition('a', '@every 10s', { catchup: 'all', catchupWindow: '40s' }));
    await h.failOver(65_000);
    expect(h.ledger('a')).toEqual([
      '10 missed window schedule ×2',
      '30 run catchup',
      '40 run catchup',
      '50 run catchup',
      '60 run schedule',
    ]);
  });

  it('G-S1: catchup all runs at most the newest 1,000', async () => {
    await h.put(definition('a', '* * * * * *', { catchup: 'all' }));
    await h.failOver(1_510_500);
    const lines = h.ledger('a');
    expect(lines[0]).toBe('1 missed limit schedule ×500');
    expect(lines.filter((line) => line.endsWith('run catchup'))).toHaveLength(1_000);
    expect(lines.filter((line) => line.endsWith('run schedule'))).toHaveLength(10);
  });

  it('G-X4: forbid holds the slot from the decision on; catch-up under forbid runs the first', async () => {
    await h.put(definition('a', '@every 10s', { catchup: 'all', concurrency: 'forbid' }));
    await h.failOver(35_000);
    expect(h.ledger('a')).toEqual(['10 run catchup', '20 skipped forbid catchup', '30 skipped forbid schedule']);
  });

  it('G-S16: without targets the tick is recorded', async () => {
    h.members = [];
    await h.put(definition('a', '@every 10s'));
    await h.time.advance(10_100);
    expect(h.ledger('a')).toEqual(['10 skipped no_targets schedule']);
  });

  it('not_started: costs nothing per tick and becomes one entry', async () => {
    await h.put(definition('a', '@every 10s', { startsAt: T0 + 35n * SECOND }));
    await h.time.advance(34_000);
    expect(h.commandsOf('decideTicks')).toBe(0);
    await h.time.advance(17_000);
    expect(h.ledger('a')).toEqual(['10 skipped not_started schedule ×3', '40 run schedule', '50 run schedule']);
  });

  it('G-S11: expired: one entry for the first tick after it, then out of the timetable', async () => {
    await h.put(definition('a', '@every 10s', { expiresAt: T0 + 25n * SECOND }));
    await h.time.advance(95_000);
    expect(h.ledger('a')).toEqual(['10 run schedule', '20 run schedule', '30 skipped expired schedule']);
    expect(h.engine.scheduledCount).toBe(0);
    expect(h.store.getJob('a')?.state.nextTick).toBeNull();
  });

  it('G-S11: a used one-shot leaves the timetable; posting it again does not arm it', async () => {
    const job = definition('a', '@at 2026-01-01T00:00:05Z');
    await h.put(job);
    await h.time.advance(6_000);
    await h.put({ ...job, owner: 'me' });
    await h.time.advance(6_000);
    expect(h.ledger('a')).toEqual(['5 run schedule']);
    expect(h.engine.scheduledCount).toBe(0);
  });

  it('G-S7: @after runs once: on time, edited, and after a fail-over inside its grace', async () => {
    const job = definition('a', '@after 2026-01-01T00:00:05Z <PT1H');
    await h.put(job);
    await h.time.advance(6_000);
    await h.put({ ...job, owner: 'me' });
    await h.failOver(60_000);
    expect(h.ledger('a')).toEqual(['5 run schedule']);
    await h.put(definition('b', '@after 2026-01-01T00:00:05Z <PT1H'));
    await h.time.advance(10);
    await h.failOver(1_000);
    expect(h.ledger('b')).toEqual(['5 run schedule']);
  });

  it('G-S7: @after later than its grace is missed', async () => {
    await h.put(definition('a', '@after 2026-01-01T00:00:05Z <PT10S', { catchup: 'all' }));
    await h.failOver(60_000);
    expect(h.ledger('a')).toEqual(['5 missed skip schedule']);
  });

  it('a pause writes nothing per tick and one range at resume', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.engine.setSchedulePaused(true);
    await h.time.advance(45_000);
    expect(h.commandsOf('decideTicks')).toBe(0);
    await h.engine.setSchedulePaused(false);
    await h.time.advance(6_000);
    expect(h.ledger('a')).toEqual(['10 skipped paused schedule ×4', '50 run schedule']);
  });

  it('a pause survives a fail-over', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.engine.setSchedulePaused(true);
    await h.failOver(15_000);
    await h.time.advance(10_000);
    expect(h.ledger('a')).toEqual([]);
    await h.engine.setSchedulePaused(false);
    expect(h.ledger('a')).toEqual(['10 skipped paused schedule ×2']);
  });

  it('a pause that is over says nothing about an @after stored later, even one whose instant fell into it', async () => {
    await h.engine.setSchedulePaused(true);
    await h.time.advance(20_000);
    await h.engine.setSchedulePaused(false);
    await h.time.advance(2_000);
    await h.put(definition('a', '@after 2026-01-01T00:00:05Z <PT1H'));
    await h.time.advance(10);
    expect(h.ledger('a')).toEqual(['5 run schedule']);
  });

  it('G-S16: disabled: one range when it is enabled again', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.toggle('a');
    await h.time.advance(35_000);
    expect(h.ledger('a')).toEqual([]);
    await h.toggle('a');
    await h.time.advance(6_000);
    expect(h.ledger('a')).toEqual(['10 skipped disabled schedule ×3', '40 run schedule']);
  });

  it('G-S4: edits and fail-overs keep the phase of @every', async () => {
    const job = definition('a', '@every 1h');
    await h.put(job);
    for (let i = 0; i < 5; i++) {
      await h.time.advance(599_000);
      await h.put({ ...job, owner: `owner${i}` });
      await h.failOver(1_000);
    }
    await h.time.advance(600_100);
    expect(h.ledger('a')).toEqual(['3600 run schedule']);
  });

  it('G-S5, G-S14: a tick decided from an older definition is refused and decided anew', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.time.advance(9_000);
    const version = h.store.getJob('a')!;
    // The edit is committed between the look at the job and the commit of the decision.
    const decide = h.log.propose.bind(h.log);
    let edited = false;
    h.log.propose = async (command) => {
      if (command.type === 'decideTicks' && !edited) {
        edited = true;
        await h.put({ ...version.definition, owner: 'me' });
      }
      return decide(command);
    };
    await h.time.advance(1_500);
    expect(h.ledger('a')).toEqual(['10 run schedule']);
    expect(h.store.getJob('a')?.definition.owner).toBe('me');
    expect(h.commandsOf('decideTicks')).toBe(2);
  });

  it('G-S6: one job that cannot be scheduled does not stop the others', async () => {
    await h.put(definition('a', '@every 10s'));
    const good = await h.put(definition('b', '@every 10s'));
    await h.plant({ definition: { ...good.definition, name: 'a', timezone: 'Mars/Base' }, state: good.state });
    await h.failOver(0);
    await h.time.advance(25_000);
    expect(h.ledger('b')).toEqual(['10 run schedule', '20 run schedule']);
    expect(h.ledger('a')).toEqual([]);
    expect(h.store.getJob('a')?.state).toMatchObject({ nextTick: null, problem: expect.stringContaining('Mars/Base') });
    expect(h.logger.records.filter(({ level, fields }) => level !== 'info' && fields['job'] === 'a')).toHaveLength(1);
  });

  it('G-S6: a job found unreadable when its tick is due is not decided, and has its problem on record', async () => {
    const good = await h.put(definition('b', '@every 10s'));
    await h.time.advance(1);
    await h.plant({ definition: { ...good.definition, timezone: 'Mars/Base' }, state: good.state });
    await h.time.advance(15_000);
    expect(h.ledger('b')).toEqual([]);
    expect(h.store.getJob('b')?.state.problem).toContain('Mars/Base');
    expect(h.logger.records.filter(({ level, fields }) => level !== 'info' && fields['job'] === 'b')).toHaveLength(1);
  });

  it('G-S6: a job that can be read again goes on, without the ticks of the meantime', async () => {
    const good = await h.put(definition('a', '@every 10s'));
    await h.plant({ ...good, state: { ...good.state, nextTick: null, problem: 'unknown zone' } });
    await h.failOver(25_000);
    await h.time.advance(6_000);
    expect(h.store.getJob('a')?.state.problem).toBe('');
    expect(h.ledger('a')).toEqual(['30 run schedule']);
  });

  it('G-S6: a new plan whose commit is unknown is proposed again', async () => {
    const good = await h.put(definition('a', '@every 10s'));
    await h.plant({ ...good, definition: { ...good.definition, schedule: '@every soon' } });
    h.log.faults.push('lost');
    await h.failOver(0);
    await h.time.advance(1_500);
    expect(h.store.getJob('a')?.state.problem).not.toBe('');
  });

  it('a clock stepped back repeats nothing', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.time.advance(21_000);
    h.time.stepWall(-15_000);
    await h.time.advance(14_000);
    expect(h.ledger('a')).toEqual(['10 run schedule', '20 run schedule']);
    await h.time.advance(11_000);
    expect(h.ledger('a')).toEqual(['10 run schedule', '20 run schedule', '30 run schedule']);
  });

  it('a clock stepped forward makes what lies between late', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.time.advance(1_000);
    h.time.stepWall(100_000);
    await h.time.advance(2_000);
    expect(h.ledger('a')).toEqual(['10 missed skip schedule ×9', '100 run schedule']);
  });

  it('decides nothing while leadership is in doubt, and everything afterwards', async () => {
    await h.put(definition('a', '@every 10s'));
    h.log.valid = false;
    await h.time.advance(12_000);
    expect(h.commandsOf('decideTicks')).toBe(0);
    h.log.valid = true;
    await h.time.advance(200);
    expect(h.ledger('a')).toEqual(['10 run schedule']);
  });

  it.each(['lost', 'unheard'] as const)(
    'a proposal with unknown outcome (%s) is derived again from the state',
    async (fault) => {
      await h.put(definition('a', '@every 10s'));
      h.log.faults.push(fault);
      await h.time.advance(22_000);
      expect(h.ledger('a')).toEqual(['10 run schedule', '20 run schedule']);
    },
  );

  it('a deleted job is not decided; a stopped engine does nothing', async () => {
    await h.put(definition('a', '@every 10s'));
    await h.put(definition('b', '@every 10s'));
    await h.delete('a');
    await h.time.advance(10_100);
    h.engine.stop();
    await h.time.advance(30_000);
    expect(h.ledger('a')).toEqual([]);
    expect(h.ledger('b')).toEqual(['10 run schedule']);
    expect(h.time.pendingCount).toBe(0);
  });

  it('stamps stay above the applied ones when the clock is behind', async () => {
    await h.log.propose({ type: 'putSetting', stamp: T0 + 3600n * NANOS_PER_SECOND, key: 'k', value: 'v' });
    const first = h.engine.stamps.next();
    expect(first).toBe(T0 + 3600n * NANOS_PER_SECOND + 1n);
    expect(h.engine.stamps.next()).toBe(first + 1n);
  });
});
