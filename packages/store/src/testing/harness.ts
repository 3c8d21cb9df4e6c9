import type { ApplyEvent, Command, CommandResults, ExecutionUpdate } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { MemoryKeyValue } from '../memory/index.ts';
import type { StoreOptions } from '../options.ts';
import type { KeyValue } from '../ports.ts';
import { Store } from '../store.ts';
import { jsonCodec } from './json-codec.ts';

/** A store that is given commands one by one, and what it told about them. */
export interface Harness {
  readonly kv: KeyValue;
  readonly store: Store;
  readonly events: ApplyEvent[];
  readonly apply: <C extends Command>(command: C) => Promise<CommandResults[C['type']]>;
  readonly update: (...updates: readonly ExecutionUpdate[]) => Promise<CommandResults['executionUpdates']['results']>;
  /** A stamp above every one used so far. */
  readonly stamp: () => bigint;
}

export async function openHarness(options: StoreOptions = {}, kv: KeyValue = new MemoryKeyValue()): Promise<Harness> {
  const store = await Store.open(options, { kv, codec: jsonCodec, logger: silentLogger, metrics: noMetrics });
  const events: ApplyEvent[] = [];
  store.onApplied((batch) => void events.push(...batch));
  const stamp = (): bigint => store.lastStamp() + 10n;
  const apply = async <C extends Command>(command: C): Promise<CommandResults[C['type']]> => {
    const [result] = await store.apply([{ index: store.appliedIndex() + 1n, data: jsonCodec.command.encode(command) }]);
    return result as CommandResults[C['type']];
  };
  const update = async (
    ...updates: readonly ExecutionUpdate[]
  ): Promise<CommandResults['executionUpdates']['results']> =>
    (await apply({ type: 'executionUpdates', stamp: stamp(), updates })).results;
  return { kv, store, events, apply, update, stamp };
}
