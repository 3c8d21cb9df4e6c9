import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command, DueKind } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLevel } from './level/index.ts';
import { MemoryKeyValue } from './memory/index.ts';
import type { KeyValue } from './ports.ts';
import { Store } from './store.ts';
import { finished, jobDefinition, putJob, targetsOn, tickDecision, versionOf } from './testing/fixtures.ts';
import { jsonCodec } from './testing/index.ts';
import { Model } from './testing/model.ts';

/** Goal: random commands give what a naive model says, whatever the backend, the batching or a restart. */
const RETENTION = { executionsPerJob: 4, ledgerEntriesPerJob: 5 };
const NAMES = ['a', 'ab', 'b', 'c'] as const;

type Step =
  | {
      readonly do: 'put';
      readonly name: string;
      readonly parent: string;
      readonly forbid: boolean;
      readonly retries: number;
      readonly ephemeral: boolean;
      readonly processors: boolean;
    }
  | { readonly do: 'delete' | 'forget'; readonly name: string }
  | { readonly do: 'toggle'; readonly name: string; readonly disabled: boolean }
  | { readonly do: 'tick' | 'run'; readonly name: string; readonly nodes: number; readonly wrong: boolean }
  | { readonly do: 'start' | 'cancel'; readonly pick: number; readonly hold: boolean }
  | {
      readonly do: 'end';
      readonly pick: number;
      readonly state: 'success' | 'failed' | 'lost' | 'cancelled';
      readonly hold: boolean;
    }
  | { readonly do: 'truth'; readonly pick: number; readonly state: 'success' | 'failed' | 'lost' | 'cancelled' }
  | { readonly do: 'due'; readonly pick: number; readonly nodes: number }
  | { readonly do: 'pause'; readonly paused: boolean };

const name = fc.constantFrom(...NAMES);
const pick = fc.nat(20);
const nodes = fc.integer({ min: 0, max: 2 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('put' as const),
        name,
        parent: fc.constantFrom('', '', ...NAMES),
        forbid: fc.boolean(),
        retries: fc.nat(1),
        ephemeral: fc.nat(3).map((n) => n === 0),
        processors: fc.nat(3).map((n) => n === 0),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'forget' as const), name }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('toggle' as const), name, disabled: fc.boolean() }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constantFrom('tick' as const, 'run' as const),
        name,
        nodes,
        wrong: fc.nat(9).map((n) => n === 0),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('start' as const, 'start' as const, 'cancel' as const),
        pick,
        hold: fc.boolean(),
      }),
    },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        pick,
        state: fc.constantFrom(
          'success' as const,
          'success' as const,
          'failed' as const,
          'lost' as const,
          'cancelled' as const,
        ),
        hold: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('truth' as const),
        pick,
        state: fc.constantFrom('success' as const, 'failed' as const, 'lost' as const, 'cancelled' as const),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('due' as const), pick, nodes }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), paused: fc.boolean() }) },
  ),
  { minLength: 5, maxLength: 60 },
);

/** The command that a leader looking at this store would propose. */
function commandOf(store: Store, step: Step, stamp: bigint): Command | undefined {
  const open = [...store.openExecutions()];
  switch (step.do) {
    case 'put': {
      const changes = {
        parentJob: step.parent,
        concurrency: step.forbid ? ('forbid' as const) : ('allow' as const),
        retries: step.retries,
        ephemeral: step.ephemeral,
        processors: step.processors ? { log: {} } : {},
      };
      return putJob(stamp, jobDefinition(step.name, changes), {
        plannedFrom: versionOf(store, step.name),
      });
    }
    case 'delete':
      return { type: 'deleteJob', stamp, name: step.name, precondition: null };
    case 'forget':
      return { type: 'deleteExecutions', stamp, name: step.name };
    case 'toggle': {
      const { plan } = putJob(stamp, jobDefinition(step.name));
      const plannedFrom = versionOf(store, step.name);
      return {
        type: 'toggleJob',
        stamp,
        name: step.name,
        disabled: step.disabled,
        precondition: null,
        plannedFrom,
        plan,
      };
    }
    case 'tick': {
      const version = versionOf(store, step.name) + (step.wrong ? 1 : 0);
      return {
        type: 'decideTicks',
        stamp,
        decisions: [
          tickDecision(step.name, version, stamp, { targets: targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes)) }),
        ],
      };
    }
    case 'run': {
      const targets = targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes));
      return {
        type: 'startRuns',
        stamp,
        starts: [
          { kind: 'manual', jobName: step.name, group: stamp, targets, respectConcurrency: step.wrong, token: '' },
        ],
      };
    }
    case 'pause':
      return { type: 'setPause', stamp, scope: 'schedule', paused: step.paused };
    case 'due':
      return dueCommand(store, step, stamp);
    case 'truth': {
      const given = NAMES.flatMap((job) => store.executions(job)).filter(
        ({ state }) => state === 'lost' || state === 'cancelled',
      );
      const chosen = given[step.pick % Math.max(1, given.length)];
      return (
        chosen && {
          type: 'executionUpdates',
          stamp,
          updates: [finished(chosen.id, step.state, { attempt: chosen.attempt, finishedAt: stamp })],
        }
      );
    }
    case 'start':
    case 'cancel':
    case 'end': {
      const chosen = open[step.pick % Math.max(1, open.length)];
      if (chosen === undefined) return undefined;
      const { id, attempt } = chosen;
      const update =
        step.do === 'end'
          ? finished(id, step.state, {
              attempt,
              finishedAt: stamp,
              slotHoldMs: step.state === 'success' ? null : holdOf(step),
            })
          : step.do === 'start'
            ? { kind: 'started' as const, id, attempt, at: stamp }
            : { kind: 'cancelRequested' as const, id, at: stamp, slotHoldMs: holdOf(step) };
      return { type: 'executionUpdates', stamp, updates: [update] };
    }
  }
}

/** As a leader says it of what it gives up. */
function holdOf({ hold }: { readonly hold: boolean }): number | null {
  return hold ? 60_000 : null;
}

function dueCommand(
  store: Store,
  step: { readonly pick: number; readonly nodes: number },
  stamp: bigint,
): Command | undefined {
  const dues = [...store.dues()];
  const due = dues[step.pick % Math.max(1, dues.length)];
  if (due === undefined) return undefined;
  const { id: dueId, jobName, group, rootGroup } = due;
  if (due.kind === 'process') {
    return {
      type: 'executionUpdates',
      stamp,
      updates: [{ kind: 'processed', id: due.executionId, dueId, output: new Uint8Array([1]) }],
    };
  }
  if (due.kind === 'hold') {
    const update = { kind: 'released' as const, id: due.executionId, dueId, confirmed: step.nodes > 0 };
    return { type: 'executionUpdates', stamp, updates: [update, update] };
  }
  if (due.kind === 'child') {
    const targets = targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes));
    return { type: 'startRuns', stamp, starts: [{ kind: 'child', dueId, jobName, group: stamp, rootGroup, targets }] };
  }
  const [target] = targetsOn(stamp, due.nodeName);
  return (
    target && {
      type: 'startRuns',
      stamp,
      starts: [{ kind: 'retry', dueId, jobName, group, attempt: due.attempt, fromNode: due.nodeName, target }],
    }
  );
}

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
          await store.apply([entry]);
          model.apply(command, entry.index, [...store.dues()]);
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
    stats: store.stats(['1970-01-01']).map(({ successCount, failedCount }) => [successCount, failedCount]),
    held: NAMES.map((job) => attemptsDue(store, 'hold', job)),
    retries: NAMES.map((job) => attemptsDue(store, 'retry', job)),
  };
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
  expect(count('o')).toBeLessThanOrEqual(kept.size);
  expect(count('d')).toBe([...store.dues()].length);
  expect(count('l')).toBe(NAMES.reduce((sum, job) => sum + store.ledger(job).total, 0));
  expect(count('x')).toBe(NAMES.reduce((sum, job) => sum + store.executions(job).length, 0));
  // A definition and a state each.
  expect(count('j')).toBe(2 * store.jobCount());
  expect(count('c')).toBeLessThanOrEqual(kept.size);
}
