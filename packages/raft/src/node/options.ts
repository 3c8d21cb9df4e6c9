import type { NodeId } from '../core/types.ts';
import { checkId } from './arguments.ts';

/** What `reloadConfig` may change while the node runs. */
export interface ReloadableOptions {
  /** Entries kept behind a snapshot, so that slow followers need none. @default 10,240 */
  readonly trailingLogs?: number;
  /** Applied entries since the last snapshot that make a new one worthwhile. @default 8,192 */
  readonly snapshotThreshold?: number;
  /** How often the threshold is looked at. @default 120,000 */
  readonly snapshotIntervalMs?: number;
  /**
   * Length of a tick: heartbeat interval and unit of all election times. From 5; at run time it can only grow. @default
   * 100
   */
  readonly tickMs?: number;
}

/** Options of a node. */
export interface RaftNodeOptions extends ReloadableOptions {
  /** Stable name of the server, never its address. */
  readonly id: NodeId;
  /** Servers of another region are refused. @default 'global' */
  readonly region?: string;
  /** Ticks without a leader before an election: the time is random in [electionTick, 2 × electionTick). From 3. @default 10 */
  readonly electionTick?: number;
  /** Real time for which a heartbeat round that a majority answered makes `leadershipValid()` true. At most 0.9 × (electionTick − 1) × tickMs, or another could lead meanwhile; less if a peer's timing asks for it. @default half the election timeout */
  readonly leaseTimeoutMs?: number;
  /** Allow election timeouts below 50 ms: for tests. @default false */
  readonly allowShortTimeouts?: boolean;
  /** Largest command, in bytes. @default 8 MiB */
  readonly maxEntryBytes?: number;
  /** Callers whose commands are not applied yet. @default 65,536 */
  readonly maxPendingProposals?: number;
  /** Bytes of commands that are not committed yet, on the leader. @default 64 MiB */
  readonly maxUncommittedBytes?: number;
  /** Bytes of entries in one append. @default 1 MiB */
  readonly maxAppendBytes?: number;
  /** Appends, and their bytes, under way to one peer. @default 64 and 8 MiB */
  readonly maxInflightAppends?: number;
  readonly maxInflightBytes?: number;
  /** Bytes received and not yet durable, above which transports stop reading appends. @default 64 MiB */
  readonly maxUnsyncedBytes?: number;
  /** Bytes of recent entries kept in memory, for peers; the only member keeps what is not applied. @default 64 MiB */
  readonly entryCacheBytes?: number;
  /**
   * A leader proposes nothing new while its own disk still writes: what comes meanwhile goes as one batch. Half as many
   * batches for callers that come one by one, for followers that hear of a command one write later. @default false
   */
  readonly gatherWhileWriting?: boolean;
  /** Time after which applying lets other work through. @default 5 */
  readonly applySliceMs?: number;
  /** Snapshots kept on disk, from 1. @default 3 */
  readonly snapshotsRetained?: number;
  /** Snapshots sent, and received, at the same time. @default 2 */
  readonly maxSnapshotStreams?: number;
  /** Largest state that `restore` takes: every server holds it in memory once. @default 256 MiB */
  readonly maxRestoreBytes?: number;
  /** How often free space is looked at. @default 1000 */
  readonly diskCheckIntervalMs?: number;
  /** Linearizable reads without an answer fail after so many election timeouts. @default 4 */
  readonly readTimeoutElections?: number;
  /** How long `stop` waits for the disk. @default 5000 */
  readonly stopTimeoutMs?: number;
  /** Campaign when the leader's address answers that nobody listens there and its lease has run out. @default true */
  readonly fastFailover?: boolean;
  /** Highest feature level this software knows; told in handshakes. @default 0 */
  readonly featureMax?: number;
  /** Wire versions, told in handshakes. @default 1 and 1 */
  readonly wireMin?: number;
  readonly wireMax?: number;
  /** Name and version of the program, told in handshakes. @default '' */
  readonly software?: string;
}

export type ResolvedNodeOptions = Required<RaftNodeOptions>;

const MIB = 1 << 20;
const MIN_ELECTION_MS = 50;
/** Longest wait of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Fills in defaults. @throws TypeError naming the option, its value and what is allowed */
export function resolveNodeOptions(options: RaftNodeOptions): ResolvedNodeOptions {
  const { tickMs = 100, electionTick = 10 } = options;
  const resolved: ResolvedNodeOptions = {
    id: options.id,
    region: options.region ?? 'global',
    tickMs,
    electionTick,
    leaseTimeoutMs: options.leaseTimeoutMs ?? (tickMs * electionTick) / 2,
    allowShortTimeouts: options.allowShortTimeouts ?? false,
    maxEntryBytes: options.maxEntryBytes ?? 8 * MIB,
    maxPendingProposals: options.maxPendingProposals ?? 65_536,
    maxUncommittedBytes: options.maxUncommittedBytes ?? 64 * MIB,
    maxAppendBytes: options.maxAppendBytes ?? MIB,
    maxInflightAppends: options.maxInflightAppends ?? 64,
    maxInflightBytes: options.maxInflightBytes ?? 8 * MIB,
    maxUnsyncedBytes: options.maxUnsyncedBytes ?? 64 * MIB,
    entryCacheBytes: options.entryCacheBytes ?? 64 * MIB,
    gatherWhileWriting: options.gatherWhileWriting ?? false,
    applySliceMs: options.applySliceMs ?? 5,
    trailingLogs: options.trailingLogs ?? 10_240,
    snapshotThreshold: options.snapshotThreshold ?? 8192,
    snapshotIntervalMs: options.snapshotIntervalMs ?? 120_000,
    snapshotsRetained: options.snapshotsRetained ?? 3,
    maxSnapshotStreams: options.maxSnapshotStreams ?? 2,
    maxRestoreBytes: options.maxRestoreBytes ?? 256 * MIB,
    diskCheckIntervalMs: options.diskCheckIntervalMs ?? 1000,
    readTimeoutElections: options.readTimeoutElections ?? 4,
    stopTimeoutMs: options.stopTimeoutMs ?? 5000,
    fastFailover: options.fastFailover ?? true,
    featureMax: options.featureMax ?? 0,
    wireMin: options.wireMin ?? 1,
    wireMax: options.wireMax ?? 1,
    software: options.software ?? '',
  };
  validate(resolved);
  return resolved;
}

/** Clocks of two servers differ by less than this, as a factor: for how much longer than a lease followers wait. */
export const LEASE_MARGIN = 1.1;

/** For how long, in whole milliseconds, a server with these options at least keeps to a leader that fell silent. */
export function leaderWaitMs({ tickMs, electionTick, leaseTimeoutMs, fastFailover }: ResolvedNodeOptions): number {
  // The first tick may be short.
  return Math.floor(fastFailover ? leaseTimeoutMs * LEASE_MARGIN : (electionTick - 1) * tickMs);
}

/** @throws TypeError; nothing of a refused change is taken over */
export function reloadNodeOptions(old: ResolvedNodeOptions, change: ReloadableOptions): ResolvedNodeOptions {
  const allowed = ['trailingLogs', 'snapshotThreshold', 'snapshotIntervalMs', 'tickMs'];
  for (const name of Object.keys(change)) {
    if (!allowed.includes(name))
      throw new TypeError(`${name} cannot be changed at run time; ${allowed.join(', ')} can`);
  }
  const tickMs = change.tickMs ?? old.tickMs;
  // What this server told the others in handshakes, and their leases count on, stays true.
  must(
    tickMs >= old.tickMs,
    'tickMs',
    tickMs,
    `at least ${old.tickMs} while the node runs; a lower one takes a restart`,
  );
  // The lease keeps its share of the election timeout.
  const next = { ...old, ...change, leaseTimeoutMs: (old.leaseTimeoutMs * tickMs) / old.tickMs };
  validate(next);
  return next;
}

function validate(options: ResolvedNodeOptions): void {
  checkId(options.id);
  atLeast(options, 'tickMs', options.allowShortTimeouts ? 1 : 5);
  integer(options, 'electionTick', 3);
  const electionMs = options.tickMs * options.electionTick;
  const long = options.allowShortTimeouts || electionMs >= MIN_ELECTION_MS;
  must(long, 'tickMs × electionTick', electionMs, `at least ${MIN_ELECTION_MS} ms`);
  for (const name of ['tickMs', 'stopTimeoutMs'] as const)
    must(options[name] <= MAX_TIMER_MS, name, options[name], `at most ${MAX_TIMER_MS}`);
  // Followers stick to a leader for electionTick ticks, of which the first may be short; a tenth is for drift.
  const leaseMax = (electionMs - options.tickMs) * 0.9;
  const lease = options.leaseTimeoutMs > 0 && options.leaseTimeoutMs <= leaseMax;
  must(
    lease,
    'leaseTimeoutMs',
    options.leaseTimeoutMs,
    `above 0, at most 0.9 × (electionTick - 1) × tickMs (${leaseMax} ms)`,
  );
  for (const name of POSITIVE) integer(options, name, 1);
  for (const name of NOT_NEGATIVE) integer(options, name, 0);
  atLeast(options, 'applySliceMs', 0);
  must(options.wireMax >= options.wireMin, 'wireMax', options.wireMax, `at least wireMin (${options.wireMin})`);
}

const POSITIVE = [
  'maxEntryBytes',
  'maxPendingProposals',
  'maxUncommittedBytes',
  'maxAppendBytes',
  'maxInflightAppends',
  'maxInflightBytes',
  'maxUnsyncedBytes',
  'entryCacheBytes',
  'snapshotThreshold',
  'snapshotIntervalMs',
  'snapshotsRetained',
  'maxSnapshotStreams',
  'maxRestoreBytes',
  'diskCheckIntervalMs',
  'readTimeoutElections',
  'stopTimeoutMs',
  'wireMin',
] as const;
const NOT_NEGATIVE = ['trailingLogs', 'featureMax'] as const;

type NumberOption = {
  [K in keyof ResolvedNodeOptions]: ResolvedNodeOptions[K] extends number ? K : never;
}[keyof ResolvedNodeOptions];

function integer(options: ResolvedNodeOptions, name: NumberOption, least: number): void {
  const value = options[name];
  must(Number.isSafeInteger(value) && value >= least, name, value, `an integer of at least ${least}`);
}

function atLeast(options: ResolvedNodeOptions, name: NumberOption, least: number): void {
  const value = options[name];
  must(Number.isFinite(value) && value >= least, name, value, `a number of at least ${least}`);
}

function must(condition: boolean, name: string, value: unknown, allowed: string): void {
  if (!condition) throw new TypeError(`${name}: ${JSON.stringify(value)} is not allowed, must be ${allowed}`);
}
