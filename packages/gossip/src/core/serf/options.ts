import type { SwimTuning } from '../swim/options.ts';
import type { ProtocolVersions, Tags } from '../types.ts';

/** How the Serf layer runs. Names and values are Serf's unless they say "ours". */
export interface SerfTuning {
  /** Failed members are tried again for so long, then forgotten. */
  readonly reconnectTimeoutMs: number;
  /** Members that left are remembered for so long. */
  readonly tombstoneTimeoutMs: number;
  /** How often those whose time is over are forgotten. */
  readonly reapIntervalMs: number;
  /** How often a failed member may be tried; the fewer failed, the less likely it is. */
  readonly reconnectIntervalMs: number;
  /** Intents of members nobody knows yet are kept for so long. */
  readonly recentIntentTimeoutMs: number;
  /** Longest wait until the pool heard that we leave, or other tags. */
  readonly broadcastTimeoutMs: number;
  /** Between our goodbye and the end, that it spreads. */
  readonly leavePropagateDelayMs: number;
  /** A member failed and back within this time is counted as flapping. */
  readonly flapTimeoutMs: number;
  /** Member events are collected for so long. 0: each is told at once. */
  readonly coalesceMs: number;
  /** Collecting ends early after so long without another one. */
  readonly quiescentMs: number;
  /** The same for user events that allow it. */
  readonly userCoalesceMs: number;
  readonly userQuiescentMs: number;
  /** Lamport times for which events and queries are remembered, so that repeats are known. */
  readonly eventBufferSize: number;
  readonly queryBufferSize: number;
  /** Largest user event, encoded or not; at most 9216. */
  readonly userEventLimitBytes: number;
  readonly queryLimitBytes: number;
  readonly queryResponseLimitBytes: number;
  /** A query waits for `gossipIntervalMs * queryTimeoutMult * ceil(log10(alive + 1))`. */
  readonly queryTimeoutMult: number;
  /** Messages waiting to be passed on, of each kind: from so many a warning is given, more are dropped. */
  readonly queueDepthWarning: number;
  readonly queueDepthMax: number;
  /** How often the queues are checked for the warning. */
  readonly queueCheckIntervalMs: number;
  /** Whether a second holder of our name is answered by a vote, after which the minority stops. */
  readonly conflictResolution: boolean;
  /** Whether round trips are turned into coordinates. */
  readonly coordinates: boolean;
  /** Ours: answers and others' messages that we pass on, per second. */
  readonly relaysPerSecond: number;
}

/** Serf's defaults. */
export const SERF_DEFAULTS: SerfTuning = {
  reconnectTimeoutMs: 86_400_000,
  tombstoneTimeoutMs: 86_400_000,
  reapIntervalMs: 15_000,
  reconnectIntervalMs: 30_000,
  recentIntentTimeoutMs: 300_000,
  broadcastTimeoutMs: 5000,
  leavePropagateDelayMs: 1000,
  flapTimeoutMs: 60_000,
  coalesceMs: 0,
  quiescentMs: 0,
  userCoalesceMs: 0,
  userQuiescentMs: 0,
  eventBufferSize: 512,
  queryBufferSize: 512,
  userEventLimitBytes: 512,
  queryLimitBytes: 1024,
  queryResponseLimitBytes: 1024,
  queryTimeoutMult: 16,
  queueDepthWarning: 128,
  queueDepthMax: 4096,
  queueCheckIntervalMs: 30_000,
  conflictResolution: true,
  coordinates: true,
  relaysPerSecond: 1000,
};

/** Greatest {@link SerfTuning.userEventLimitBytes}: more does not fit in a datagram. */
export const USER_EVENT_MAX_BYTES = 9216;

/** How the file of the last members is used. */
export interface SnapshotOptions {
  /** Whether a member that left on purpose is to rejoin from it. */
  readonly rejoinAfterLeave: boolean;
  /** What the file holds from the last time. */
  readonly previous?: string;
}

/** What one member of a pool is. */
export interface SerfOptions {
  /** Unique in the pool: 1–255 bytes of UTF-8. */
  readonly name: string;
  /** 4 or 16 bytes: where others reach us. */
  readonly addr: Uint8Array;
  readonly port: number;
  readonly tags?: Tags;
  /** Default: what Dkron speaks. */
  readonly versions?: ProtocolVersions;
  readonly swim: SwimTuning;
  /** Changes to {@link SERF_DEFAULTS}. */
  readonly serf?: Partial<SerfTuning>;
  /** Given: lines for a snapshot file are wanted. */
  readonly snapshot?: SnapshotOptions;
}

const FLAGS = new Set<keyof SerfTuning>(['conflictResolution', 'coordinates']);
const FROM_ONE = new Set<keyof SerfTuning>([
  'reapIntervalMs',
  'reconnectIntervalMs',
  'queueCheckIntervalMs',
  'eventBufferSize',
  'queryBufferSize',
  'queryTimeoutMult',
  'queueDepthMax',
]);
const MAX_RING_SLOTS = 65_536;
const MOST: Partial<Record<keyof SerfTuning, number>> = {
  userEventLimitBytes: USER_EVENT_MAX_BYTES,
  eventBufferSize: MAX_RING_SLOTS,
  queryBufferSize: MAX_RING_SLOTS,
};

/** The defaults with some values changed. Throws TypeError for values that cannot work. */
export function resolveSerfTuning(changes: Partial<SerfTuning> = {}): SerfTuning {
  const tuning = { ...SERF_DEFAULTS, ...changes };
  for (const name of Object.keys(SERF_DEFAULTS) as (keyof SerfTuning)[]) {
    if (FLAGS.has(name)) continue;
    const value = tuning[name] as number;
    const least = FROM_ONE.has(name) ? 1 : 0;
    const greatest = MOST[name] ?? Number.MAX_SAFE_INTEGER;
    const whole = !name.endsWith('Ms');
    if (Number.isNaN(value) || value < least || value > greatest || (whole && !Number.isInteger(value))) {
      throw new TypeError(
        `${name}: ${value}, allowed are ${whole ? 'whole ' : ''}numbers from ${least} to ${greatest}`,
      );
    }
  }
  return tuning;
}
