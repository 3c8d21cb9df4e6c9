import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClassicLevel } from 'classic-level';
import { storeCodec } from '@dkron/contracts';
import { parseSchedule } from '@dkron/cron';
import type { Command, Member } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import type { ReplicatedLog } from '@dkron/scheduler';
import { Engine, Planner } from '@dkron/scheduler';
import { openAlone } from '@dkron/server/open-alone';
import { Store } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import { WriteBehind } from '@dkron/store/write-behind';
import { InstantWorker } from './instant-worker.ts';
import { percentile } from './table.ts';

const NODE: Member = { name: 'bench', addr: '127.0.0.1', port: 1, tags: { region: 'global' }, status: 'alive' };
/** All jobs are due together every so many seconds. */
const PERIOD_S = 5;
/** The first one warms up: its code is not compiled yet. */
const ROUNDS = 5;

export interface LagFigures {
  readonly p99Ms: number;
  /** Of the first round after the start alone. */
  readonly coldP99Ms: number;
  /** Bare timer to the same boundaries + measured next() of all jobs + one measured synced commit of the decisions. */
  readonly floorMs: number;
  readonly timerMs: number;
  readonly nextMs: number;
  readonly commitMs: number;
}

/** Lag from the boundary to the arrival of the dispatch at the worker, `count` jobs due in the same second. */
export async function lagOf(count: number): Promise<LagFigures> {
  const directory = mkdtempSync(join(tmpdir(), 'dkron-lag-'));
  const modules = {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    logger: silentLogger,
    metrics: noMetrics,
  };
  const kv = new WriteBehind({}, { kv: await openLevel({ path: join(directory, 'store') }), timers: systemTimers });
  const store = await Store.open({}, { kv, codec: storeCodec, ...modules });
  const { node, log } = await openAlone(
    { directory: join(directory, 'raft'), nodeName: NODE.name, region: 'global' },
    { store, codec: storeCodec.command, ...modules },
  );
  const decisions: Command[] = [];
  const watched = {
    propose: <C extends Command>(command: C) => {
      if (command.type === 'decideTicks') decisions.push(command);
      return log.propose(command);
    },
    leadershipValid: () => log.leadershipValid(),
    term: () => log.term(),
  };
  const planner = new Planner({ defaultTimezone: 'UTC', region: 'global' });
  const membership = { members: () => [NODE], self: () => NODE };
  const engine = new Engine(
    { clusterId: '0'.repeat(32) },
    { log: watched, view: store, membership, planner, ...modules },
  );
  try {
    const timerMs = await bareTimer();
    await createJobs(count, { log, planner, engine, store });
    engine.start();
    const worker = new InstantWorker(NODE.name, systemClock);
    connect(engine, worker);
    await sleep(PERIOD_S * 1_000 * ROUNDS - 500);
    engine.stop();
    await node.stop();
    const commitMs = await commitCost(decisions, directory);
    const nextMs = nextCost(count);
    const [cold = [], ...warm] = worker.lagsMs.values();
    const p99Ms = percentile(warm.flat(), 0.99);
    return {
      p99Ms,
      coldP99Ms: percentile(cold, 0.99),
      floorMs: timerMs + nextMs + commitMs,
      timerMs,
      nextMs,
      commitMs,
    };
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Parts {
  readonly log: ReplicatedLog;
  readonly planner: Planner;
  readonly engine: Engine;
  readonly store: Store;
}

async function createJobs(count: number, { log, planner, engine, store }: Parts): Promise<void> {
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const text = JSON.stringify({ name: `lag-${i}`, schedule: `*/${PERIOD_S} * * * * *`, executor: 'shell' });
    const { definition, submitted } = parseJobJson(text);
    const stamp = engine.stamps.next();
    const plan = planner.planPut(definition, submitted, store.getJob(definition.name), stamp);
    pending.push(
      log.propose({ type: 'putJob', stamp, definition, submitted, precondition: null, plannedFrom: 0, plan }),
    );
    if (pending.length === 5_000) await Promise.all(pending.splice(0));
  }
  await Promise.all(pending);
}

function connect(engine: Engine, worker: InstantWorker): void {
  const toServer = engine.accept({
    send: (messages) => void setImmediate(() => toWorker.receive(messages)),
    close: () => {},
  });
  const toWorker = worker.connect({
    send: (messages) => void setImmediate(() => toServer.receive(messages)),
    close: () => {},
  });
}

/** How late one plain timer fires for the next second boundaries, p99 of a few. */
async function bareTimer(): Promise<number> {
  const lates: number[] = [];
  for (let i = 0; i < 4; i++) {
    const due = Math.ceil((Date.now() + 50) / 1_000) * 1_000 - 300;
    await sleep(Math.max(0, due - Date.now()));
    lates.push(Math.max(0, Date.now() - due));
  }
  return percentile(lates, 0.99) + 1;
}

function nextCost(count: number): number {
  const schedule = parseSchedule(`*/${PERIOD_S} * * * * *`);
  let at = 1_800_000_000;
  const start = performance.now();
  for (let i = 0; i < count; i++) at = schedule.nextSeconds(at);
  return performance.now() - start;
}

/**
 * One synced atomic write of the decisions of one second, however many commands they came in, by the plain array call of
 * the library: the floor does not move with our own way to write.
 */
async function commitCost(commands: readonly Command[], directory: string): Promise<number> {
  const perSecond = new Map<bigint, number>();
  for (const command of commands) {
    const tick = command.type === 'decideTicks' ? command.decisions[0]!.tick : 0n;
    perSecond.set(tick, (perSecond.get(tick) ?? 0) + size(command));
  }
  const decisions = Math.max(...perSecond.values());
  const largest = commands.reduce((a, b) => (size(b) > size(a) ? b : a), commands[0]!);
  const bytes = storeCodec.command.encode(largest);
  const per = Math.max(1, Math.floor(bytes.length / Math.max(1, size(largest))));
  const db = new ClassicLevel<Uint8Array, Uint8Array>(join(directory, 'floor'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
  });
  await db.open();
  const samples: number[] = [];
  for (let round = 0; round < 5; round++) {
    // Per decision: the execution, the run, the ledger entry and the job's state.
    const ops = Array.from({ length: decisions * 4 }, (_, i) => ({
      type: 'put' as const,
      key: Buffer.from(`floor/${round}/${i}`),
      value: bytes.subarray(0, per),
    }));
    const start = performance.now();
    await db.batch(ops, { sync: true });
    samples.push(performance.now() - start);
  }
  await db.close();
  return percentile(samples, 0.5);
}

function size(command: Command): number {
  return command.type === 'decideTicks' ? command.decisions.length : 0;
}
