import { storeCodec } from '@dkron/contracts';
import type { Logger, Metrics, Timers } from '@dkron/runtime';
import type { Retention } from '@dkron/store';
import { Store } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import { WriteBehind } from '@dkron/store/write-behind';
import type { ServerOptions } from './options.ts';

const NO_LIMIT = 1_000_000;

interface Modules {
  readonly timers: Timers;
  /** A write failed. */
  readonly onFatal: (error: Error) => void;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Opens the durable store of this node. Written a moment after it was applied: the log has it and is replayed. */
export async function openStore(path: string, options: ServerOptions, modules: Modules): Promise<Store> {
  const { timers, onFatal } = modules;
  const kv = new WriteBehind({}, { kv: await openLevel({ path }), timers, onFailed: onFatal });
  return Store.open({ retention: retentionOf(options) }, { kv, codec: storeCodec, ...modules });
}

/** What is kept of each job; 0 = no limit. */
export function retentionOf(options: ServerOptions): Partial<Retention> {
  return {
    executionsPerJob: options.executionRetention || NO_LIMIT,
    ledgerEntriesPerJob: options.ledgerRetention || NO_LIMIT,
    executionAgeMs: options.executionRetentionAge || null,
    outputBytesPerJob: options.executionRetentionBytes || null,
  };
}
