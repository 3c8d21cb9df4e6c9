import type { Clock, Logger } from '@dkron/runtime';
import type { Disk } from './disk.ts';
import { RESERVE_BYTES } from './wal-writer.ts';

/** Options of `SegmentedWal`. */
export interface WalOptions {
  /** Folder of the segments, on the disk's root. @default 'wal' */
  readonly dir?: string;
  /** Size that segments are allocated with; 16 KiB to 1 GiB, a multiple of 512. A larger batch gets a segment of its own. @default 64 MiB */
  readonly segmentBytes?: number;
  /** Written into each segment and compared at start; `''` while the cluster is not known yet. @default '' */
  readonly clusterId?: string;
  /** Refuses to start without a log (`log_missing`): for a server that is known to have had one. @default false */
  readonly requireExisting?: boolean;
  /** Queued batches are joined into one write up to this size. @default 8 MiB */
  readonly groupBytes?: number;
  /** Operations and bytes that may wait; one more is refused. Watch `lane()` and stop before. @default 65,536 and 256 MiB */
  readonly maxQueued?: number;
  readonly maxQueuedBytes?: number;
  /**
   * `auto`: a batch of one small entry is written and synced without leaving the event loop, which stands still meanwhile,
   * as long as nearly all writes are quick (see `BlockingWrites`): that saves two changes of threads a commit, at one
   * command at a time a fifth of its processor time. A disk that hangs then holds up the whole process instead of the log
   * alone. @default 'never'
   */
  readonly blockingWrites?: 'never' | 'auto';
  /** `space()` says `low` below this many free bytes. @default 2 × segmentBytes */
  readonly lowWaterBytes?: number;
}

/** What one group commit did, for metrics. */
export interface CommitObservation {
  readonly batches: number;
  readonly bytes: number;
  /** Duration of write and sync together, and whether there was a sync. */
  readonly durationMs: number;
  readonly synced: boolean;
}

/** Collaborators of `SegmentedWal`. */
export interface WalModules {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onCommit?: (observation: CommitObservation) => void;
}

export type ResolvedWalOptions = Required<WalOptions>;

const MIB = 1 << 20;

/** @throws TypeError naming the option */
export function resolveWalOptions(options: WalOptions): ResolvedWalOptions {
  const segmentBytes = options.segmentBytes ?? 64 * MIB;
  if (
    !Number.isInteger(segmentBytes) ||
    segmentBytes < 4 * RESERVE_BYTES ||
    segmentBytes > 1024 * MIB ||
    segmentBytes % 512 !== 0
  ) {
    throw new TypeError(`segmentBytes ${segmentBytes}: a multiple of 512 from 16384 to 2^30 is allowed`);
  }
  return {
    dir: options.dir ?? 'wal',
    segmentBytes,
    clusterId: options.clusterId ?? '',
    requireExisting: options.requireExisting ?? false,
    groupBytes: positive('groupBytes', options.groupBytes ?? 8 * MIB),
    maxQueued: positive('maxQueued', options.maxQueued ?? 65_536),
    maxQueuedBytes: positive('maxQueuedBytes', options.maxQueuedBytes ?? 256 * MIB),
    blockingWrites: oneOf('blockingWrites', options.blockingWrites ?? 'never', ['never', 'auto']),
    lowWaterBytes: positive('lowWaterBytes', options.lowWaterBytes ?? 2 * segmentBytes),
  };
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw new TypeError(`${name} ${JSON.stringify(value)}: one of ${allowed.join(', ')}`);
  return value;
}

function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} ${value}: integers from 1 are allowed`);
  return value;
}
