import type { Journal } from './journal.ts';
import { executionKey } from './keys.ts';
import { isToldByRun } from './new-execution.ts';
import type { ExecutionRecord } from './records.ts';
import { isOpen } from './state.ts';
import type { Codecs, State } from './state.ts';

interface ExecutionDraft {
  readonly id: string;
  record: ExecutionRecord | undefined;
  dirty: boolean;
  changed: boolean;
}

/** Executions as a transaction sees them. Each is written once per entry. */
export class ExecutionChanges {
  readonly #state: State;
  readonly #codecs: Codecs;
  readonly #readStored: (id: string) => ExecutionRecord | undefined;
  readonly #drafts = new Map<string, ExecutionDraft>();
  #dirty: ExecutionDraft[] = [];

  constructor(state: State, codecs: Codecs, readStored: (id: string) => ExecutionRecord | undefined) {
    this.#state = state;
    this.#codecs = codecs;
    this.#readStored = readStored;
  }

  get(id: string): ExecutionRecord | undefined {
    const draft = this.#drafts.get(id);
    if (draft !== undefined) {
      return draft.record;
    }
    const record = this.#state.openExecutions.get(id) ?? this.#readStored(id);
    this.#drafts.set(id, { id, record, dirty: false, changed: false });
    return record;
  }

  /** Undefined when there is none, or it has ended; not looked for on the disk. */
  getOpen(id: string): ExecutionRecord | undefined {
    const draft = this.#drafts.get(id);
    const record = draft === undefined ? this.#state.openExecutions.get(id) : draft.record;
    return record !== undefined && isOpen(record) ? record : undefined;
  }

  /** Undefined removes. */
  set(id: string, record: ExecutionRecord | undefined): void {
    let draft = this.#drafts.get(id);
    if (draft === undefined) {
      this.#drafts.set(id, (draft = { id, record, dirty: false, changed: true }));
    }
    draft.record = record;
    if (!draft.dirty) {
      draft.dirty = true;
      draft.changed = true;
      this.#dirty.push(draft);
    }
  }

  /** Writes what changed since the last flush. */
  flush(journal: Journal): void {
    for (const draft of this.#dirty) {
      draft.dirty = false;
      const { id, record } = draft;
      if (record !== undefined && isToldByRun(record)) {
        continue;
      }
      const key = executionKey(id);
      if (key !== undefined && record === undefined) {
        journal.delete(key);
      } else if (key !== undefined && record !== undefined) {
        journal.put(key, this.#codecs.executionRecord.encode(record));
      }
    }
    this.#dirty = [];
  }

  commit(): void {
    for (const { id, record, changed } of this.#drafts.values()) {
      if (changed) {
        this.#state.setExecution(id, record);
      }
    }
  }
}
