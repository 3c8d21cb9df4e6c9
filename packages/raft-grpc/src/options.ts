import type { Authorize, NodeId, TransportCredentials } from '@dkron/raft';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';

/** Options of `GrpcRaftTransport`. Sizes are in bytes. */
export interface GrpcRaftTransportOptions {
  /** Name of this server: what peers' handshakes must be addressed to. */
  readonly id: NodeId;
  /** Address that others dial, if it is known before listening; `serveRaftTransport` sets it otherwise. */
  readonly addr?: string;
  /** Largest frame sent or taken, in bytes (16 MiB; 64 KiB to 128 MiB). A message above it is dropped. */
  readonly maxFrameBytes?: number;
  /** What waits for one peer at most, in bytes (64 MiB; at least `maxFrameBytes`); oldest appends are dropped then. */
  readonly maxQueueBytes?: number;
  /** Bytes of appends that a peer may send ahead of their being processed (4 MiB; from 64 KiB). */
  readonly bulkWindowBytes?: number;
  /** From the start of a dial to an accepted stream (5,000). */
  readonly handshakeTimeoutMs?: number;
  /** Wait before the first dial after a failure (50), doubled each time, ± 50 %, at most `maxBackoffMs` (2,000). */
  readonly minBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** A connection that is silent this long is asked (2,000); without an answer for as long again it is closed. */
  readonly keepaliveMs?: number;
  /** A snapshot may take this long (30,000) … */
  readonly snapshotTimeoutMs?: number;
  /** … and as long as its bytes take at this rate, per second (1 MiB). */
  readonly minSnapshotRateBytes?: number;
  /** Times a transfer is taken up again without any byte of progress (4). */
  readonly snapshotRetries?: number;
  /** Snapshots sent, and taken, at the same time (2 each; one for each peer). */
  readonly maxSnapshots?: number;
  /** Streams of peers, greeted or not (256). More are refused. */
  readonly maxStreams?: number;
}

/** Collaborators of `GrpcRaftTransport`. */
export interface GrpcRaftTransportModules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent: an unprotected channel, which is right only where the network is trusted. */
  readonly credentials?: TransportCredentials;
  /** Who may open a stream; asked before the server's own rules. Default: everybody. */
  readonly authorize?: Authorize;
}

export type CheckedOptions = Required<Omit<GrpcRaftTransportOptions, 'addr'>> & { readonly addr: string };

const KIB = 1024;
const MIB = 1024 * KIB;

/** @throws TypeError naming the option, its value and what is allowed */
export function checkOptions(options: GrpcRaftTransportOptions): CheckedOptions {
  const { id, addr = '' } = options;
  if (typeof id !== 'string' || id === '') throw new TypeError('id is empty; the name of this server is needed');
  const maxFrameBytes = whole('maxFrameBytes', options.maxFrameBytes, 16 * MIB, 64 * KIB, 128 * MIB);
  const minBackoffMs = whole('minBackoffMs', options.minBackoffMs, 50, 1, 60_000);
  return {
    id,
    addr,
    maxFrameBytes,
    maxQueueBytes: whole('maxQueueBytes', options.maxQueueBytes, Math.max(64 * MIB, maxFrameBytes), maxFrameBytes),
    bulkWindowBytes: whole('bulkWindowBytes', options.bulkWindowBytes, 4 * MIB, 64 * KIB),
    handshakeTimeoutMs: whole('handshakeTimeoutMs', options.handshakeTimeoutMs, 5000, 1, 600_000),
    minBackoffMs,
    maxBackoffMs: whole('maxBackoffMs', options.maxBackoffMs, Math.max(2000, minBackoffMs), minBackoffMs, 600_000),
    keepaliveMs: whole('keepaliveMs', options.keepaliveMs, 2000, 10, 600_000),
    snapshotTimeoutMs: whole('snapshotTimeoutMs', options.snapshotTimeoutMs, 30_000, 1, 86_400_000),
    minSnapshotRateBytes: whole('minSnapshotRateBytes', options.minSnapshotRateBytes, MIB, KIB),
    snapshotRetries: whole('snapshotRetries', options.snapshotRetries, 4, 0, 100),
    maxSnapshots: whole('maxSnapshots', options.maxSnapshots, 2, 1, 64),
    maxStreams: whole('maxStreams', options.maxStreams, 256, 2, 65_536),
  };
}

function whole(name: string, value: number | undefined, fallback: number, min: number, max = 2 ** 40): number {
  const chosen = value ?? fallback;
  if (!Number.isSafeInteger(chosen) || chosen < min || chosen > max) {
    throw new TypeError(`${name} is ${chosen}; whole numbers from ${min} to ${max} are allowed`);
  }
  return chosen;
}
