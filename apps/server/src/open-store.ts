import { storeCodec } from '@dkron/contracts';
import type { Logger } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { Store } from '@dkron/store';
import { openLevelKeyValue } from '@dkron/store/level';
import type { ServerOptions } from './options.ts';

/** Opens the durable store of this node. */
export async function openStore(directory: string, options: ServerOptions, logger: Logger): Promise<Store> {
  const kv = await openLevelKeyValue({ directory });
  return Store.open(
    { executionsPerJob: options.executionRetention, ledgerPerJob: options.ledgerRetention },
    { kv, codec: storeCodec, logger, metrics: noMetrics },
  );
}
