import { noMetrics, silentLogger } from '@dkron/runtime';
import type { Command, CommandResults, JobDefinition } from '@dkron/jobs';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import { jsonCodec } from '@dkron/store/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import type { ReplicatedLog } from './ports.ts';
import { Planner } from './planner/planner.ts';
import { isRefusal } from './refusal.ts';
import { FakeWorker } from './testing/fake-worker.ts';
import { definition, member, NOTHING_SUBMITTED, T0, T0_MS } from './testing/harness.ts';

/** The shortest log there is: each command is applied to the real store at once. */
class StoreLog implements ReplicatedLog {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  leadershipValid(): boolean {
    return true;
  }

  term(): bigint {
    return 1n;
  }

  #index = 0n;

  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const data = jsonCodec.command.encode(command);
    const [result] = await this.#store.apply([{ index: ++this.#index, data }]);
    return result as CommandResults[C['type']];
  }
}

describe('Engine on the real store', () => {
  let time: ManualTime;
  let store: Store;
  let log: StoreLog;
  let engine: Engine;
  let worker: FakeWorker;
  const planner = new Planner({ region: 'global' });

  function newEngine(): Engine {
    const members = [member('n1')];
    return new Engine(
      { clusterId: 'c'.repeat(32) },
      {
        log,
        view: store,
        membership: { members: () => members, self: () => members[0]! },
        planner,
        clock: time,
        timers: time,
        random: seededRandom(1),
        logger: silentLogger,
        metrics: noMetrics,
      },
    );
  }

  async function put(job: JobDefinition): Promise<void> {
    const stored = store.getJob(job.name);
    const stamp = engine.stamps.next();
    const plan = planner.planPut(job, NOTHING_SUBMITTED, stored, stamp);
    const plannedFrom = stored?.state.version ?? 0;
    const result = await log.propose({
      type: 'putJob',
      stamp,
      definition: job,
      submitted: NOTHING_SUBMITTED,
      precondition: null,
      plannedFrom,
      plan,
    });
    expect(result).not.toHaveProperty('refused');
  }

  const ledger = (name: string): string[] =>
    store
      .ledger(name)
      .entries.map(({ tick, decision, reason, trigger, count }) =>
        `${trigger === 'manual' || trigger === 'parent' ? '' : Number(tick - T0) / 1e9} ${decision} ${reason} ${trigger} ×${count}`.trim(),
      )
      .toReversed();

  beforeEach(async () => {
    time = new ManualTime(T0_MS);
    store = await Store.open(
      {},
      { kv: new MemoryKeyValue(), codec: jsonCodec, logger: silentLogger, metrics: noMetrics },
    );
    log = new StoreLog(store);
    engine = newEngine();
    engine.start();
    worker = new FakeWorker('n1', time);
    worker.connect(engine);
    await time.advance(1);
  });

  it('ticks, results, retries and children end to end', async () => {
    await put(definition('parent', '@every 10s', { retries: 1 }));
    await put(definition('child', '', { parentJob: 'parent' }));
    await time.advance(10_100);
    expect(worker.dispatches.map(({ job }) => job.name)).toEqual(['parent']);
    worker.started(worker.dispatches[0]!);
    worker.finished(worker.dispatches[0]!, false);
    await time.advance(600);
    expect(worker.dispatches.map(({ attempt }) => attempt)).toEqual([1, 2]);
    worker.finished(worker.dispatches[1]!);
    await time.advance(600);
    expect(worker.dispatches.map(({ job }) => job.name)).toEqual(['parent', 'parent', 'child']);
    let settled = false;
    void engine.waitSettled(worker.dispatches[0]!.group).then(() => (settled = true));
    await time.advance(10);
    expect(settled).toBe(false);
    worker.finished(worker.dispatches[2]!);
    await time.advance(100);
    expect(settled).toBe(true);
    expect(ledger('parent')).toEqual(['10 run  schedule ×1']);
    expect(ledger('child')).toEqual(['run  parent ×1']);
    expect(store.getJob('parent')?.state).toMatchObject({ successCount: 1, errorCount: 1, status: 'success' });
    expect([...store.dues()]).toEqual([]);
    expect([...store.openExecutions()]).toEqual([]);
  });

  it('G-S1: a fail-over decides what was late, pauses and disabled stretches are ranges', async () => {
    await put(definition('a', '@every 10s', { catchup: 'last' }));
    engine.stop();
    await time.advance(65_000);
    engine = newEngine();
    engine.start();
    await time.advance(10);
    await engine.setSchedulePaused(true);
    await time.advance(30_000);
    await engine.setSchedulePaused(false);
    const stored = store.getJob('a')!;
    const toggle = async (disabled: boolean): Promise<void> => {
      const stamp = engine.stamps.next();
      const job = store.getJob('a')!;
      const plan = planner.planToggle(job, disabled, stamp);
      const plannedFrom = job.state.version;
      await log.propose({ type: 'toggleJob', stamp, name: 'a', precondition: null, plannedFrom, disabled, plan });
    };
    await toggle(true);
    await time.advance(20_000);
    await toggle(false);
    await time.advance(6_000);
    expect(stored.definition.disabled).toBe(false);
    expect(ledger('a')).toEqual([
      '10 missed last schedule ×4',
      '50 run  catchup ×1',
      '60 run  schedule ×1',
      '70 skipped paused schedule ×3',
      '100 skipped disabled schedule ×2',
      '120 run  schedule ×1',
    ]);
  });

  it('G-X1, G-X16: lost by lease, alive again, finished; a doubled result counts once', async () => {
    await put(definition('a', '@manually'));
    const run = await engine.runJob('a', { trigger: 'manual', token: 't' });
    const again = await engine.runJob('a', { trigger: 'manual', token: 't' });
    expect(isRefusal(run) || isRefusal(again) || run.group !== again.group).toBe(false);
    await time.advance(10);
    worker.started(worker.dispatches[0]!);
    await time.advance(20_000);
    const { id } = worker.dispatches[0]!;
    expect(store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'lease' });
    expect(store.getJob('a')?.state.errorCount).toBe(1);
    worker.connect(engine, [worker.item(id, 'running')]);
    await time.advance(10);
    expect(store.getExecution(id)?.state).toBe('running');
    worker.finished(worker.dispatches[0]!);
    worker.finished(worker.dispatches[0]!);
    await time.advance(10);
    expect(store.getExecution(id)?.state).toBe('success');
    expect(store.getJob('a')?.state).toMatchObject({ successCount: 1, errorCount: 0 });
    expect(worker.dispatches).toHaveLength(1);
  });
});
