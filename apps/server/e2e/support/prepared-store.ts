import { storeCodec } from '@dkron/contracts';
import type { Command, CommandResults, JobDefinition } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import type { Store } from '@dkron/store';
import { openAlone } from '../../src/cluster/open-alone.ts';
import { prepareDataDir } from '../../src/data-dir.ts';
import { openStore } from '../../src/open-store.ts';
import { SERVER_DEFAULTS } from '../../src/options.ts';
import { job } from './api.ts';

/** The data of a server that is not running, written through its log: what no request can bring about. */
export interface PreparedStore {
  readonly store: Store;
  /** A stamp above all applied ones. */
  stamp(): bigint;
  apply<C extends Command>(command: C): Promise<CommandResults[C['type']]>;
}

export async function prepare(
  dataDir: string,
  work: (prepared: PreparedStore) => Promise<void>,
  nodeName = 'test',
): Promise<void> {
  const telemetry = { logger: silentLogger, metrics: noMetrics };
  const paths = prepareDataDir(dataDir);
  const onFatal = (error: Error): void => {
    throw error;
  };
  const store = await openStore(paths.store, SERVER_DEFAULTS, { ...telemetry, timers: systemTimers, onFatal });
  const { node, log } = await openAlone(
    { directory: paths.raft, nodeName, region: 'global' },
    { store, codec: storeCodec.command, clock: systemClock, timers: systemTimers, random: systemRandom, ...telemetry },
  );
  let last = 0n;
  const stamp = (): bigint => {
    const wall = BigInt(Date.now()) * 1_000_000n;
    last = [wall, store.lastStamp() + 1n, last + 1n].reduce((a, b) => (a > b ? a : b));
    return last;
  };
  try {
    await work({ store, stamp, apply: (command) => log.propose(command) });
  } finally {
    await node.stop();
    await store.close();
  }
}

/** The definition that a submitted job becomes, unchecked. */
export function definitionOf(name: string, fields: Readonly<Record<string, unknown>> = {}): JobDefinition {
  return parseJobJson(new TextEncoder().encode(JSON.stringify(job(name, fields)))).definition;
}
