import {
  type CoreOptions,
  decodeConfChange,
  type Entry,
  EntryType,
  hardStateOf,
  MemoryStorage,
  type Message,
  type NodeId,
  RaftCore,
  type Ready,
  type SnapshotMeta,
  type TraceSink,
} from '../../core/index.ts';

/** A log whose newest snapshot is the state machine's present state. */
class ScriptStorage extends MemoryStorage {
  newest: SnapshotMeta | undefined;

  override snapshot(): SnapshotMeta | undefined {
    return this.newest;
  }
}

/** One server of a script: a core, its storage, its two lanes, and a state machine that strings payloads together. */
export class ScriptServer {
  readonly core: RaftCore;
  readonly storage = new ScriptStorage();
  /** Work of the two lanes, oldest first. Empty without asynchronous storage. */
  readonly appendWork: Message[] = [];
  readonly applyWork: Message[] = [];
  readonly #contents: Map<number, string>;
  readonly #async: boolean;

  /** @param contents - state after each applied index; the same for all servers */
  constructor(options: CoreOptions, start: SnapshotMeta, contents: Map<number, string>, events: TraceSink) {
    this.#contents = contents;
    this.#async = options.asyncStorage ?? true;
    if (start.index > 0) {
      this.storage.applySnapshot(start);
      this.storage.setHardState({ term: 0, vote: '', commit: start.index });
      this.storage.newest = start;
    }
    this.core = new RaftCore(options, {
      storage: this.storage,
      rand: () => 0,
      compareIds: (a, b) => Number(a) - Number(b),
      events,
    });
  }

  get id(): NodeId {
    return this.core.id;
  }

  /** Takes a ready and does its work, or queues it. Returns it and the messages that may leave. */
  processReady(): { readonly ready: Ready; readonly out: readonly Message[] } {
    const ready = this.core.ready();
    if (this.#async) {
      if (ready.storageAppend !== undefined) this.appendWork.push(ready.storageAppend);
      if (ready.storageApply !== undefined) this.applyWork.push(ready.storageApply);
      return { ready, out: ready.messages };
    }
    this.#append(ready);
    this.#applyAll(ready.committed);
    this.core.advance();
    return { ready, out: ready.messages };
  }

  /** Does the oldest work of the append lane; returns the messages it releases. */
  processAppend(): { readonly work: Message; readonly out: readonly Message[] } | undefined {
    const work = this.appendWork.shift();
    if (work === undefined) return undefined;
    this.#append({ entries: work.entries, hardState: hardStateOf(work), snapshot: work.snapshot });
    return { work, out: work.responses };
  }

  /** Does the oldest work of the apply lane; returns the messages it releases. */
  processApply(): { readonly work: Message; readonly out: readonly Message[] } | undefined {
    const work = this.applyWork.shift();
    if (work === undefined) return undefined;
    this.#applyAll(work.entries);
    return { work, out: work.responses };
  }

  #append(write: Pick<Ready, 'entries' | 'hardState' | 'snapshot'>): void {
    if (write.snapshot !== undefined) {
      this.storage.applySnapshot(write.snapshot);
      this.storage.newest = write.snapshot;
    }
    this.storage.append(write.entries);
    if (write.hardState !== undefined) this.storage.setHardState(write.hardState);
  }

  #applyAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  #apply(entry: Entry): void {
    let content = this.#contents.get(entry.index - 1) ?? '';
    let confState = this.core.status().confState;
    if (entry.type === EntryType.normal) content += new TextDecoder().decode(entry.data);
    else confState = this.core.applyConfChange(decodeConfChange(entry));
    this.#contents.set(entry.index, content);
    this.storage.newest = { index: entry.index, term: entry.term, confState };
  }
}
