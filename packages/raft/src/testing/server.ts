import {
  type ConfState,
  confStateWith,
  type CoreModules,
  type CoreOptions,
  decodeConfChange,
  type Entry,
  EntryType,
  MemoryStorage,
  type Message,
  type NodeId,
  RaftCore,
  type ReadState,
  type SnapshotMeta,
} from '../core/index.ts';

/** How to make a {@link TestServer}; what is left out has a default fit for tests. */
export interface TestServerOptions extends Partial<CoreOptions> {
  readonly id: NodeId;
  /** Voters to begin with; ignored if a storage is given. */
  readonly voters?: readonly NodeId[];
  readonly learners?: readonly NodeId[];
  readonly storage?: MemoryStorage;
  readonly modules?: Partial<CoreModules>;
}

/**
 * A core with its storage in memory, which does at once whatever a ready says. Membership changes are applied; one that
 * cannot be made is skipped, as every server skips it.
 */
export class TestServer {
  readonly core: RaftCore;
  readonly storage: MemoryStorage;
  readonly applied: Entry[] = [];
  readonly readStates: ReadState[] = [];
  readonly confStates: ConfState[] = [];
  readonly #async: boolean;

  constructor(options: TestServerOptions) {
    const { voters = [options.id], learners = [], storage, modules, ...rest } = options;
    this.storage = storage ?? new MemoryStorage(confStateWith(voters, learners));
    this.#async = options.asyncStorage ?? false;
    this.core = new RaftCore(
      { checkQuorum: false, preVote: false, maxUncommittedSize: 0, ...rest, asyncStorage: this.#async },
      { rand: () => 0, ...modules, storage: this.storage },
    );
  }

  get id(): NodeId {
    return this.core.id;
  }

  /** Payloads applied, as text, without empty ones. */
  get texts(): string[] {
    const data = this.applied.filter((entry) => entry.type === EntryType.normal && entry.data.length > 0);
    return data.map((entry) => new TextDecoder().decode(entry.data));
  }

  /** Everything in the log, also what is not durable yet, as `index:term`. */
  get logText(): string {
    const { log } = this.core;
    const parts: string[] = [];
    for (let i = log.firstIndex(); i <= log.lastIndex(); i++) parts.push(`${i}:${log.term(i)}`);
    return parts.join(' ');
  }

  /** Writes and applies until there is nothing left to do. Returns what is for others, in order. */
  settle(): Message[] {
    const out: Message[] = [];
    while (this.core.hasReady()) this.settleOnce(out);
    return out;
  }

  /** One ready. */
  settleOnce(out: Message[]): void {
    const ready = this.core.ready();
    if (ready.snapshot !== undefined) this.#install(ready.snapshot);
    this.storage.append(ready.entries);
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
    this.readStates.push(...ready.readStates);
    out.push(...ready.messages);
    for (const entry of ready.committed) this.#apply(entry);
    if (!this.#async) {
      this.core.advance();
      return;
    }
    for (const response of [...(ready.storageAppend?.responses ?? []), ...(ready.storageApply?.responses ?? [])]) {
      if (response.to === this.id) this.core.step(response);
      else out.push(response);
    }
  }

  #install(snapshot: SnapshotMeta): void {
    this.storage.applySnapshot(snapshot);
  }

  #apply(entry: Entry): void {
    this.applied.push(entry);
    if (entry.type === EntryType.normal) return;
    try {
      this.confStates.push(this.core.applyConfChange(decodeConfChange(entry)));
    } catch {
      // Refused alike everywhere: the membership stays.
    }
  }
}

/** A storage that holds entries of these terms from index 1 on, and a hard state that fits. */
export function storageWithTerms(terms: readonly number[], confState: ConfState, commit = 0): MemoryStorage {
  const storage = new MemoryStorage(confState);
  storage.append(
    terms.map((term, i) => ({ term, index: i + 1, type: EntryType.normal, data: new Uint8Array([i + 1]) })),
  );
  storage.setHardState({ term: terms.at(-1) ?? 0, vote: '', commit });
  return storage;
}
