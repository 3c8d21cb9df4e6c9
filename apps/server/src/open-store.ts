import { storeCodec } from '@dkron/contracts';
import type { Logger, Metrics } from '@dkron/runtime';
import type { Retention } from '@dkron/store';
import { Store } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import type { ServerOptions } from './options.ts';

const NO_LIMIT = 1_000_000;

interface Modules {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Opens the durable store of this node. */
export async function openStore(path: string, options: ServerOptions, modules: Modules): Promise<Store> {
  const kv = await openLevel({ path });
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
