import { describe, expect, it } from 'vitest';
import { MemoryKeyValue } from './memory/index.ts';
import type { IterateOptions, KeyRange, KeyValueEntry, WriteOp } from './ports.ts';
import { finished, jobDefinition, manualRun, putJob, tickDecision, versionOf } from './testing/fixtures.ts';
import { openHarness } from './testing/harness.ts';
import type { Harness } from './testing/harness.ts';
import { jsonCodec } from './testing/json-codec.ts';

/** Counts what is asked of it. */
class CountingKeyValue extends MemoryKeyValue {
  reads = 0;
  walked = 0;
  batches = 0;
  written = 0;

  override getSync(key: Uint8Array): Uint8Array | undefined {
    this.reads += 1;
    return super.getSync(key);
  }

  override batch(ops: readonly WriteOp[]): Promise<void> {
    this.batches += 1;
    this.written += ops.length;
    return super.batch(ops);
  }

  override async *iterate(range: KeyRange, options?: IterateOptions): AsyncIterable<KeyValueEntry> {
    for await (const entry of super.iterate(range, options)) {
      this.walked += 1;
      yield entry;
    }
  }

  /** What was asked since the last question. */
  take(): readonly number[] {
    const counts = [this.reads, this.walked, this.batches, this.written];
    this.reads = this.walked = this.batches = this.written = 0;
    return counts;
  }
}

const EXECUTIONS_PER_JOB = 3;

/** A store with `others` jobs and their executions, and the job `a` whose history is as long as it may be. */
async function storeOf(others: number): Promise<{ readonly harness: Harness; readonly kv: CountingKeyValue }> {
  const kv = new CountingKeyValue();
  const harness = await openHarness({ retention: { executionsPerJob: EXECUTIONS_PER_JOB } }, kv);
  const { apply, stamp } = harness;
  for (const name of ['a', ...Array.from({ length: others }, (_, i) => `a${i}`)]) {
    await apply(putJob(stamp(), jobDefinition(name)));
    for (let i = 0; i < EXECUTIONS_PER_JOB; i++) await runOnce(harness, name);
  }
  kv.take();
  return { harness, kv };
}

async function runOnce({ apply, update, stamp }: Harness, name: string): Promise<void> {
  const group = stamp();
  await apply(manualRun(group, name));
  await update(finished(`${group}-n1`, 'success'));
}

describe('what one job costs', () => {
  it('G-R7: a run, its trimming, reads and deletions touch as many records beside 100 jobs as alone', async () => {
    const costs = await Promise.all(
      [0, 100].map(async (others) => {
        const { harness, kv } = await storeOf(others);
        const { store, apply, stamp } = harness;
        const steps: [string, readonly number[]][] = [];
        const step = async (name: string, act: () => unknown): Promise<void> => {
          await act();
          steps.push([name, kv.take()]);
        };
        await step('run and trim', () => runOnce(harness, 'a'));
        await step('executions', () => expect(store.executions('a')).toHaveLength(EXECUTIONS_PER_JOB));
        await step('running?', () => expect(store.openRuns('a')).toEqual([]));
        await step('ledger', () => store.ledger('a'));
        await step('delete executions', () => apply({ type: 'deleteExecutions', stamp: stamp(), name: 'a' }));
        await step('delete', () => apply({ type: 'deleteJob', stamp: stamp(), name: 'a', precondition: null }));
        return steps;
      }),
    );
    expect(costs[1]).toEqual(costs[0]);
    // It was really asked for something.
    expect(costs[0]![0]![1].at(-1)).toBeGreaterThan(0);
  }, 60_000);

  it('G-R8: a run is two small commands, whatever the job holds, and ticks of many jobs are one', async () => {
    const { kv, harness } = await storeOf(0);
    const { apply, update, stamp } = harness;
    const large = { metadata: { text: 'x'.repeat(50_000) } };
    await apply(putJob(stamp(), jobDefinition('large', large)));
    const names = Array.from({ length: 100 }, (_, i) => `t${i}`);
    for (const name of names) await apply(putJob(stamp(), jobDefinition(name), { plan: { decidedUpTo: stamp() } }));
    kv.take();
    const tick = stamp() + 100n;
    const decisions = names.map((name, i) =>
      tickDecision(name, versionOf(harness.store, name), tick, {
        group: tick + BigInt(i),
        targets: [targetOf(tick + BigInt(i))],
      }),
    );
    await apply({ type: 'decideTicks', stamp: tick + 100n, decisions });
    await update(...decisions.map(({ group }) => finished(`${group}-n1`, 'success')));
    expect(names.map((name) => harness.store.getJob(name)?.state.successCount)).toEqual(names.map(() => 1));
    expect(kv.batches).toBe(2);
    const run = manualRun(stamp(), 'large');
    expect(jsonCodec.command.encode(run).length).toBeLessThan(1_000);
    expect(
      jsonCodec.command.encode({ type: 'decideTicks', stamp: 1n, decisions: [tickDecision('large', 1, 9n)] }).length,
    ).toBeLessThan(1_000);
    await apply(run);
    await update(finished(`${run.stamp}-n1`, 'success'));
    expect(kv.batches).toBe(4);
  });
});

function targetOf(stamp: bigint): { nodeName: string; stamp: bigint; executionId: string } {
  return { nodeName: 'n1', stamp, executionId: `${stamp}-n1` };
}
