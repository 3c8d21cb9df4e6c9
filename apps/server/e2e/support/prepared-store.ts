import { storeCodec } from '@dkron/contracts';
import type { Command, CommandResults, JobDefinition } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import type { Store } from '@dkron/store';
import { prepareDataDir } from '../../src/data-dir.ts';
import { openStore } from '../../src/open-store.ts';
import { SERVER_DEFAULTS } from '../../src/options.ts';
import { job } from './api.ts';

/** The data of a server that is not running, written through the store itself: what no request can bring about. */
export interface PreparedStore {
  readonly store: Store;
  /** A stamp above all applied ones. */
  stamp(): bigint;
  apply<C extends Command>(command: C): Promise<CommandResults[C['type']]>;
}

export async function prepare(dataDir: string, work: (prepared: PreparedStore) => Promise<void>): Promise<void> {
  const store = await openStore(prepareDataDir(dataDir).store, SERVER_DEFAULTS, {
    logger: silentLogger,
    metrics: noMetrics,
  });
  let last = 0n;
  const stamp = (): bigint => {
    const wall = BigInt(Date.now()) * 1_000_000n;
    last = [wall, store.lastStamp() + 1n, last + 1n].reduce((a, b) => (a > b ? a : b));
    return last;
  };
  const apply = async <C extends Command>(command: C): Promise<CommandResults[C['type']]> => {
    const entry = { index: store.appliedIndex() + 1n, data: storeCodec.command.encode(command), command };
    const [result] = await store.applyCommands([entry], { sync: true });
    return result as CommandResults[C['type']];
  };
  try {
    await work({ store, stamp, apply });
  } finally {
    await store.close();
  }
}

/** The definition that a submitted job becomes, unchecked. */
export function definitionOf(name: string, fields: Readonly<Record<string, unknown>> = {}): JobDefinition {
  return parseJobJson(new TextEncoder().encode(JSON.stringify(job(name, fields)))).definition;
}
