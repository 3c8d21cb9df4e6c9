import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, DueKind, Notice } from '@dkron/jobs';
import { tellsOutput } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLevel } from './level/index.ts';
import { MemoryKeyValue } from './memory/index.ts';
import type { KeyValue } from './ports.ts';
import { Store } from './store.ts';
import { jsonCodec } from './testing/index.ts';
import { commandOf, NAMES, steps } from './testing/model-steps.ts';
import { Model } from './testing/model.ts';

/** Goal: random commands give what a naive model says, whatever the backend, the batching or a restart. */
const RETENTION = { executionsPerJob: 4, ledgerEntriesPerJob: 5 };

const openStore = (kv: KeyValue): Promise<Store> =>
  Store.open({ retention: RETENTION }, { kv, codec: jsonCodec, logger: silentLogger, metrics: noMetrics });

/** Everything a reader can see. */
function dump(store: Store): unknown {
  return {
    jobs: store.listJobs().jobs,
    executions: NAMES.map((job) => store.executions(job)),
    ledgers: NAMES.map((job) => store.ledger(job)),
    openRuns: NAMES.map((job) => store.openRuns(job)),
    open: [...store.openExecutions()],
    dues: [...store.dues()],
    notices: store.notices().list(),
    stats: store.stats(['1970-01-01']),
    paused: store.paused('schedule'),
    stamp: store.lastStamp(),
    hash: store.stateHash(),
  };
}

describe('store', () => {
  it('does what the naive model does, and the same after a restart and in other batches', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (script, batchSize) => {
        const kv = new MemoryKeyValue();
        const store = await openStore(kv);
        const model = new Model(RETENTION);
        const log: { index: bigint; data: Uint8Array; command: Command }[] = [];
        for (const step of script) {
          const command = commandOf(store, step, store.lastStamp() + 10n);
          if (command === undefined) continue;
          const entry = { index: BigInt(log.length + 1), data: jsonCodec.command.encode(command), command };
          log.push(entry);
          const noticeOf = noticesOf(store);
          await store.apply([entry]);
          model.apply(command, entry.index, [...store.dues()], noticeOf);
          expect(model.view(NAMES), JSON.stringify(step)).toEqual(viewOf(store));
        }
        expect(dump(await openStore(kv))).toEqual(dump(store));
        const other = await openStore(new MemoryKeyValue());
        for (let at = 0; at < log.length; at += batchSize) {
          await other.apply(log.slice(at, at + batchSize).map(({ index, data }) => ({ index, data })));
        }
        expect(dump(other)).toEqual(dump(store));
        assertNoLeaks(await keysOf(kv), store);
        await assertListsAll(store);
        await assertListsAll(other);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it('has one hash and one content in memory and in level', async () => {
    const path = await mkdtemp(join(tmpdir(), 'dkron-store-'));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const level = await openLevel({ path: join(path, String(run++)) });
        const [memory, durable] = [await openStore(new MemoryKeyValue()), await openStore(level)];
        let index = 0n;
        for (const step of script) {
          const command = commandOf(memory, step, memory.lastStamp() + 10n);
          if (command === undefined) continue;
          const entry = { index: ++index, data: jsonCodec.command.encode(command) };
          expect(await durable.apply([entry])).toEqual(await memory.apply([entry]));
        }
        expect(dump(durable)).toEqual(dump(memory));
        expect(dump(await openStore(level))).toEqual(dump(memory));
        await durable.close();
      }),
      { numRuns: 10 },
    );
    await rm(path, { recursive: true });
  }, 60_000);
});

/** What the model keeps too. */
function viewOf(store: Store): unknown {
  return {
    jobs: NAMES.flatMap((job) => {
      const stored = store.getJob(job);
      if (stored === undefined) return [];
      const { state, definition } = stored;
      return [
        {
          name: job,
          disabled: definition.disabled,
          version: state.version,
          successCount: state.successCount,
          errorCount: state.errorCount,
          status: state.status,
          decidedUpTo: state.decidedUpTo,
          children: state.dependentJobs.toSorted(),
        },
      ];
    }),
    open: [...store.openExecutions()].map(({ id, state }) => `${id} ${state}`),
    executions: NAMES.map((job) => store.executions(job).map(({ id, state }) => `${id} ${state}`)),
    ledgers: NAMES.map((job) =>
      store.ledger(job).entries.map(({ tick, decision, reason }) => `${tick} ${decision} ${reason}`),
    ),
    slots: NAMES.map((job) => store.openRuns(job).map(({ group }) => group)),
    notices: store.notices().list().map(lineOf).sort(),
    stats: store.stats(['1970-01-01']).map(({ successCount, failedCount }) => [successCount, failedCount]),
    held: NAMES.map((job) => attemptsDue(store, 'hold', job)),
    retries: NAMES.map((job) => attemptsDue(store, 'retry', job)),
  };
}

function lineOf({ execution, event, channel }: Notice): string {
  return `${execution.id} ${event} ${channel}`;
}

function noticesOf(store: Store): (id: bigint) => string {
  const lines = new Map(
    store
      .notices()
      .list()
      .map((notice) => [notice.id, lineOf(notice)]),
  );
  return (id) => lines.get(id) ?? '';
}

function attemptsDue(store: Store, kind: DueKind, job: string): string[] {
  return [...store.dues()]
    .filter((due) => due.kind === kind && due.jobName === job)
    .map(({ executionId }) => executionId)
    .sort();
}

async function keysOf(kv: KeyValue): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of kv.iterate({})) {
    keys.push(Buffer.from(key).toString('latin1'));
  }
  return keys;
}

/** Stored executions and those told by their runs come as one list, ordered by stamp, then node. */
async function assertListsAll(store: Store): Promise<void> {
  const all = [...NAMES.flatMap((job) => store.executions(job)), ...store.openExecutions()];
  const byId = new Map(all.map((execution) => [execution.id, execution]));
  const expected = [...byId.values()].toSorted(
    (a, b) => Number(a.stamp - b.stamp) || (a.nodeName < b.nodeName ? -1 : 1),
  );
  const end = expected.length + 1;
  expect((await store.listExecutions({ order: 'asc', end })).executions).toEqual(expected);
  expect((await store.listExecutions({ end })).executions).toEqual(expected.toReversed());
  const group = expected.at(expected.length >> 1)?.group ?? 0n;
  const ofGroup = expected.filter((execution) => execution.group === group);
  expect((await store.listExecutions({ order: 'asc', group, end })).executions).toEqual(ofGroup);
}

/** Every record on disk belongs to something that can be reached. */
function assertNoLeaks(keys: readonly string[], store: Store): void {
  const count = (family: string): number => keys.filter((key) => key.startsWith(family)).length;
  const kept = new Set(
    [...NAMES.flatMap((job) => store.executions(job)), ...store.openExecutions()].map(({ id }) => id),
  );
  // What waits to be sent is told by its run alone.
  const pending = [...store.openExecutions()].filter(({ state }) => state === 'pending').length;
  expect(count('e')).toBeLessThanOrEqual(kept.size);
  expect(count('e')).toBeGreaterThanOrEqual(kept.size - pending);
  const told = store
    .notices()
    .list()
    .filter(({ event, channel }) => event === 'end' && tellsOutput(channel));
  // Outputs that somebody is still to be told of stay behind their executions.
  expect(count('o')).toBeLessThanOrEqual(new Set([...kept, ...told.map(({ execution }) => execution.id)]).size);
  expect(count('n')).toBe(store.notices().size);
  expect(count('d')).toBe([...store.dues()].length);
  expect(count('l')).toBe(NAMES.reduce((sum, job) => sum + store.ledger(job).total, 0));
  expect(count('x')).toBe(NAMES.reduce((sum, job) => sum + store.executions(job).length, 0));
  // A definition and a state each.
  expect(count('j')).toBe(2 * store.jobCount());
  expect(count('c')).toBeLessThanOrEqual(kept.size);
}
