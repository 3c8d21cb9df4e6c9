import { seededRandom } from '@dkron/runtime/testing';
import type { Random } from '@dkron/runtime';
import type { RaftNodeOptions } from '../../node/options.ts';
import type { CrashMode } from '../sim-file.ts';

/** Who cannot talk to whom. */
export type DriverPartition = 'isolate' | 'isolateLeader' | 'split' | 'oneWay' | 'leaderOutbound' | 'leaderInbound';

/** What becomes of a machine: `kill` ends the process alone, the others are power failures. */
export type DriverCrash = 'kill' | CrashMode;

/** As a `server` of an event: whoever leads the highest term then. */
export const DRIVER_LEADER = -1;

/** One thing that goes wrong, or that an operator does. `server` and `pick` count modulo what there is. */
export type DriverEvent = { readonly atMs: number } & (
  | {
      readonly kind: 'crash';
      readonly server: number;
      /** At this call of the disk from now on; 0: at once. */
      readonly call: number;
      /** Before the call takes effect, or after it and before the process learns of it. */
      readonly when: 'begin' | 'end';
      readonly mode: DriverCrash;
      readonly downMs: number;
    }
  | { readonly kind: 'crashAll'; readonly mode: DriverCrash; readonly downMs: number }
  | { readonly kind: 'stop'; readonly server: number; readonly transfer: boolean; readonly downMs: number }
  | { readonly kind: 'stall'; readonly server: number; readonly lengthMs: number }
  | { readonly kind: 'hang'; readonly server: number; readonly lengthMs: number }
  /** The disk takes only so many bytes more for a while. */
  | { readonly kind: 'full'; readonly server: number; readonly leftBytes: number; readonly lengthMs: number }
  /** One of the next reads gives other bytes than the disk holds. */
  | { readonly kind: 'readError'; readonly server: number; readonly after: number; readonly mask: number }
  /** An operator puts another state in the place of that of all servers, through the log. */
  | { readonly kind: 'restore' }
  /** Other options at run time; the length of a tick grows by a factor. */
  | {
      readonly kind: 'reload';
      readonly server: number;
      readonly tickFactor: number;
      readonly options: Pick<RaftNodeOptions, 'trailingLogs' | 'snapshotThreshold' | 'snapshotIntervalMs'>;
    }
  | { readonly kind: 'diskError'; readonly server: number; readonly call: 'write' | 'sync'; readonly downMs: number }
  | { readonly kind: 'partition'; readonly shape: DriverPartition; readonly pick: number; readonly lengthMs: number }
  | {
      readonly kind: 'members';
      readonly how: 'newServer' | 'add' | 'promote' | 'demote' | 'remove' | 'removeLeader' | 'swap' | 'explicit';
      readonly pick: number;
    }
  | { readonly kind: 'transfer'; readonly pick: number }
  | { readonly kind: 'snapshot'; readonly server: number }
  | { readonly kind: 'burst'; readonly count: number; readonly bytes: number }
);

/** Everything that decides a run of the driver simulation: plain data. */
export interface DriverPlan {
  readonly seed: number;
  readonly servers: number;
  /** How long faults last. */
  readonly faultsMs: number;
  readonly node: Partial<RaftNodeOptions>;
  readonly segmentBytes: number;
  readonly disk: {
    /** Longest time of a sync, and of any other call. */
    readonly syncMs: number;
    readonly callMs: number;
    readonly spikePermille: number;
    readonly spikeMs: number;
    readonly durableWrites: boolean;
  };
  /** Clocks run fast or slow by at most this. */
  readonly clockPermille: number;
  readonly network: {
    readonly delayMs: number;
    readonly jitterMs: number;
    readonly lossPermille: number;
    /** One message in eight takes up to this much longer. */
    readonly lateMs: number;
    readonly reorder: boolean;
    /** Messages that come a second time, up to 400 ms later. @default 0 */
    readonly doublesPermille?: number;
  };
  /**
   * `memory`: rebuilt from snapshot and log. `slow`: the same, and takes its time. `durable`: some state survives
   * crashes. `checkpoints`: and makes it durable when told to.
   */
  readonly machine: 'memory' | 'slow' | 'durable' | 'checkpoints';
  readonly clients: {
    readonly count: number;
    readonly keys: number;
    readonly pauseMs: number;
    readonly timeoutMs: number;
  };
  readonly script: readonly DriverEvent[];
}

export interface DriverPlanLimits {
  /** @default 3 or 5 */
  readonly nodes?: number;
  /** How long faults last, in simulated milliseconds. @default 4000 to 9000 */
  readonly faultsMs?: number;
}

/** Draws a run: sizes, speeds and a mix of faults of its own. */
export function drawDriverPlan(seed: number, limits: DriverPlanLimits = {}): DriverPlan {
  const random = seededRandom(seed).fork('driver-plan');
  const one = <T>(...values: readonly T[]): T => values[random.nextInt(values.length)]!;
  const faultsMs = limits.faultsMs ?? 4000 + random.nextInt(5000);
  const electionTick = one(4, 6, 10);
  const tickMs = 50;
  const longLease = random.nextInt(2) === 0;
  const node: Partial<RaftNodeOptions> = {
    tickMs,
    electionTick,
    ...(longLease ? { leaseTimeoutMs: 0.9 * (electionTick - 1) * tickMs } : {}),
    trailingLogs: one(0, 3, 20, 100),
    snapshotThreshold: one(5, 20, 60),
    snapshotIntervalMs: one(200, 700, 2000),
    snapshotsRetained: one(1, 2, 3),
    entryCacheBytes: one(60, 400, 1 << 20),
    maxAppendBytes: one(40, 200, 1 << 20),
    maxInflightAppends: one(1, 3, 64),
    maxInflightBytes: 1 << 20,
    applySliceMs: one(0, 5),
    diskCheckIntervalMs: 500,
    fastFailover: random.nextInt(3) > 0,
    gatherWhileWriting: seededRandom(seed).fork('gather').nextInt(2) === 0,
  };
  // Drawn apart: plans that are known by their seed stay what they were otherwise.
  const later = seededRandom(seed).fork('later');
  const wild = random.nextInt(3) > 0;
  return {
    seed,
    servers: limits.nodes ?? one(3, 3, 5),
    faultsMs,
    node,
    segmentBytes: one(16_384, 65_536),
    disk: {
      syncMs: one(0.3, 2, 15),
      callMs: one(0.05, 0.5),
      spikePermille: one(0, 5, 20),
      spikeMs: one(50, 250),
      durableWrites: random.nextInt(2) === 0,
    },
    clockPermille: one(0, 0, 20),
    network: {
      delayMs: one(0.1, 2, 10),
      jitterMs: one(0.2, 5, 30),
      lossPermille: wild ? one(0, 10, 60) : 0,
      lateMs: wild ? one(0, 40, 150) : 0,
      reorder: random.nextInt(4) === 0,
      doublesPermille: later.nextInt(2) === 0 ? 0 : 1 + later.nextInt(100),
    },
    machine: one('memory', 'slow', 'durable', 'checkpoints'),
    clients: {
      count: 2 + random.nextInt(4),
      keys: 1 + random.nextInt(3),
      pauseMs: one(10, 40),
      timeoutMs: one(400, 1500),
    },
    script: [
      ...drawScript(random, faultsMs, { electionMs: electionTick * tickMs }),
      ...drawLaterFaults(later, faultsMs, { electionMs: electionTick * tickMs }),
    ],
  };
}

const KINDS = {
  crash: 10,
  crashAll: 2,
  stop: 3,
  stall: 4,
  hang: 2,
  diskError: 1,
  partition: 7,
  members: 7,
  transfer: 3,
  snapshot: 3,
  burst: 3,
} as const;

function drawScript(
  random: Random,
  faultsMs: number,
  { electionMs }: { readonly electionMs: number },
): readonly DriverEvent[] {
  // Swarm testing: each run leaves some kinds out, so that others meet more often.
  const kinds = (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter(() => random.nextInt(4) > 0);
  const bag = kinds.flatMap((kind) => Array.from({ length: KINDS[kind] }, () => kind));
  const everyMs = 60 + random.nextInt(400);
  const script: DriverEvent[] = [];
  if (bag.length === 0) return script;
  for (let atMs = random.nextInt(everyMs); atMs < faultsMs; atMs += 1 + random.nextInt(2 * everyMs)) {
    script.push({ atMs, ...drawEvent(random, bag[random.nextInt(bag.length)]!, electionMs) });
  }
  return script;
}

/** Faults that came to the simulation later, on half of the seeds. */
function drawLaterFaults(
  random: Random,
  faultsMs: number,
  { electionMs }: { readonly electionMs: number },
): readonly DriverEvent[] {
  const one = <T>(...values: readonly T[]): T => values[random.nextInt(values.length)]!;
  const script: DriverEvent[] = [];
  if (random.nextInt(2) === 0) return script;
  const everyMs = 200 + random.nextInt(1500);
  for (let atMs = random.nextInt(everyMs); atMs < faultsMs; atMs += 1 + random.nextInt(2 * everyMs)) {
    const server = random.nextInt(3) === 0 ? DRIVER_LEADER : random.nextInt(60);
    const lengthMs = one(electionMs / 3, electionMs, 4 * electionMs) + random.nextInt(100);
    const kind = one('full', 'readError', 'reload', 'restore');
    if (kind === 'reload') {
      const snapshots = { snapshotThreshold: one(5, 20, 60), snapshotIntervalMs: one(200, 700, 2000) };
      const options = { trailingLogs: one(0, 3, 20, 100), ...snapshots };
      script.push({ atMs, kind, server, tickFactor: one(1, 1, 1.5, 2, 4), options });
      continue;
    }
    if (kind === 'restore') {
      script.push({ atMs, kind });
      continue;
    }
    if (kind === 'readError') {
      script.push({ atMs, kind, server, after: random.nextInt(4), mask: 1 << random.nextInt(8) });
      continue;
    }
    script.push({ atMs, kind, server, leftBytes: one(0, 100, 3000), lengthMs });
    // More than the log has in reserve, before free space is looked at again.
    for (let i = random.nextInt(4); i > 0; i--)
      script.push({ atMs: atMs + 10 * i, kind: 'burst', count: 20 + random.nextInt(60), bytes: 1500 });
  }
  return script;
}

type Drawn = DriverEvent extends infer E ? (E extends DriverEvent ? Omit<E, 'atMs'> : never) : never;

function drawEvent(random: Random, kind: keyof typeof KINDS, electionMs: number): Drawn {
  const one = <T>(...values: readonly T[]): T => values[random.nextInt(values.length)]!;
  const server = random.nextInt(3) === 0 ? DRIVER_LEADER : random.nextInt(60);
  const pick = random.nextInt(1 << 20);
  const downMs = one(20, electionMs, 4 * electionMs) + random.nextInt(200);
  const mode = one<DriverCrash>('kill', 'kill', 'lose', 'keep', 'tear', 'random');
  const lengthMs = one(electionMs / 3, electionMs, 2 * electionMs, 5 * electionMs) + random.nextInt(100);
  switch (kind) {
    case 'crash':
      return {
        kind,
        server,
        call: one(0, random.nextInt(12), random.nextInt(80)),
        when: one('begin', 'end'),
        mode,
        downMs,
      };
    case 'crashAll':
      return { kind, mode, downMs };
    case 'stop':
      return { kind, server, transfer: random.nextInt(2) === 0, downMs };
    case 'stall':
    case 'hang':
      return { kind, server, lengthMs };
    case 'diskError':
      return { kind, server, call: one('write', 'sync'), downMs };
    case 'partition': {
      const shape = one<DriverPartition>(
        'isolate',
        'isolateLeader',
        'split',
        'oneWay',
        'leaderOutbound',
        'leaderInbound',
      );
      return { kind, shape, pick, lengthMs };
    }
    case 'members': {
      const how = one('newServer', 'add', 'promote', 'demote', 'remove', 'removeLeader', 'swap', 'explicit');
      return { kind, how, pick };
    }
    case 'transfer':
      return { kind, pick };
    case 'snapshot':
      return { kind, server };
    case 'burst':
    default:
      return { kind: 'burst', count: 1 + random.nextInt(60), bytes: one(0, 100, 1500) };
  }
}
