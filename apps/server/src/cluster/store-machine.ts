import type { Command } from '@dkron/jobs';
import type { CommittedEntry, RestoreOrigin, SnapshotMeta, StateMachine, StateSnapshot } from '@dkron/raft';
import type { Store, StoreEntry } from '@dkron/store';

/**
 * Where bytes that are proposed here carry their command. No Map by the bytes: V8 gives one that is filled and emptied a
 * new table again and again, each knows the next, and the first that gets old keeps all later ones, with every command
 * that was in them, until the whole heap is collected.
 */
const COMMAND = Symbol('command');
type Proposed = Uint8Array & { [COMMAND]?: Command | undefined };

/** What the log decides is the store, which keeps its own state durably: the log is compacted behind it. */
export class StoreMachine implements StateMachine {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `data` is the very object that will be proposed: it need not be decoded again. To be forgotten when that is settled. */
  remember(data: Uint8Array, command: Command): void {
    (data as Proposed)[COMMAND] = command;
  }

  forget(data: Uint8Array): void {
    (data as Proposed)[COMMAND] = undefined;
  }

  /** Without a sync: the log is durable and is replayed. */
  apply(batch: readonly CommittedEntry[]): Promise<readonly unknown[]> {
    return this.#store.apply(batch.map((entry) => this.#toStore(entry)));
  }

  snapshot(): StateSnapshot {
    const chunks = this.#store.snapshot();
    return {
      persist: async (writer) => {
        for await (const chunk of chunks) await writer.write(chunk);
      },
      release: () => void chunks.close(),
    };
  }

  /** A backup of any cluster stands at this place of this cluster's log, and stamps go on from those of this cluster. */
  async restore(stream: AsyncIterable<Uint8Array>, { index }: SnapshotMeta, origin: RestoreOrigin): Promise<void> {
    const stamp = origin === 'log' ? this.#store.lastStamp() : 0n;
    await this.#store.restore(stream, { index: BigInt(index), stamp });
  }

  async appliedIndex(): Promise<number> {
    return Number(this.#store.appliedIndex());
  }

  checkpoint(): Promise<void> {
    return this.#store.sync();
  }

  #toStore({ index, data }: CommittedEntry): StoreEntry {
    const command = (data as Proposed)[COMMAND];
    return { index: BigInt(index), data, ...(command === undefined ? {} : { command }) };
  }
}
