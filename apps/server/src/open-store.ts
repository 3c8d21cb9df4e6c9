import { storeCodec } from '@dkron/contracts';
import type { Logger } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { Store } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import type { ServerOptions } from './options.ts';

const NO_LIMIT = 1_000_000;

/** Opens the durable store of this node. */
export async function openStore(path: string, options: ServerOptions, logger: Logger): Promise<Store> {
  const kv = await openLevel({ path });
  const retention = {
    executionsPerJob: options.executionRetention || NO_LIMIT,
    ledgerEntriesPerJob: options.ledgerRetention || NO_LIMIT,
  };
  return Store.open({ retention }, { kv, codec: storeCodec, logger, metrics: noMetrics });
}
