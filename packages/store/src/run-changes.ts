import type { JobName } from '@dkron/jobs';
import { ByGroup } from './by-group.ts';
import type { Journal } from './journal.ts';
import { runKey } from './keys.ts';
import type { RunRecord } from './records.ts';
import type { Codecs, State } from './state.ts';

type ReadClosed = (name: JobName, group: bigint) => RunRecord | undefined;

interface RunDraft {
  readonly name: JobName;
  readonly group: bigint;
  record: RunRecord | undefined;
  dirty: boolean;
  changed: boolean;
  /** Where it is stored: among the open runs, the closed ones, or (undefined) nowhere. */
  storedOpen: boolean | undefined;
}

/** Runs as a transaction sees them. Each is written once per entry. */
export class RunChanges {
  readonly #state: State;
  readonly #codecs: Codecs;
  readonly #readClosed: ReadClosed;
  readonly #drafts = new Map<JobName, ByGroup<RunDraft>>();
  #dirty: RunDraft[] = [];

  constructor(state: State, codecs: Codecs, readClosed: ReadClosed) {
    this.#state = state;
    this.#codecs = codecs;
    this.#readClosed = readClosed;
  }

  get(name: JobName, group: bigint): RunRecord | undefined {
    return this.#draft(name, group).record;
  }

  /** Undefined removes. */
  set(name: JobName, group: bigint, record: RunRecord | undefined): void {
    const draft = this.#draft(name, group);
    draft.record = record;
    if (!draft.dirty) {
      draft.dirty = true;
      draft.changed = true;
      this.#dirty.push(draft);
    }
  }

  /**
   * Removes a closed one without looking for it on the disk. Whether it is there or not, the same is written: what this
   * batch happens to know of it must make no difference between servers.
   */
  removeClosed(name: JobName, group: bigint): void {
    const draft = this.#draft(name, group, () => undefined);
    if (draft.record?.run.open === true) {
      return;
    }
    draft.storedOpen ??= false;
    this.set(name, group, undefined);
  }

  /** In no particular order. */
  open(name: JobName): RunRecord[] {
    const stored = this.#state.openRuns.get(name);
    const drafts = this.#drafts.get(name);
    if (stored === undefined && drafts === undefined) {
      return [];
    }
    const untouched = stored?.values().filter(({ run }) => drafts?.get(run.group) === undefined) ?? [];
    return drafts === undefined ? untouched : [...untouched, ...drafts.values().flatMap(openRecord)];
  }

  /** Writes what changed since the last flush. */
  flush(journal: Journal): void {
    for (const draft of this.#dirty) {
      const { name, group, record, storedOpen } = draft;
      draft.dirty = false;
      draft.storedOpen = record?.run.open;
      const moved = storedOpen !== draft.storedOpen;
      if (storedOpen !== undefined && moved) {
        journal.delete(runKey(name, group, storedOpen));
      }
      if (record !== undefined) {
        const key = runKey(name, group, record.run.open);
        const bytes = this.#codecs.runRecord.encode(record);
        // Most runs are over before what opened them is handed on to the disk: it need not get there.
        if (moved) journal.putFresh(key, bytes);
        else journal.put(key, bytes);
      }
    }
    this.#dirty = [];
  }

  commit(): void {
    for (const drafts of this.#drafts.values()) {
      for (const { name, group, record, changed } of drafts.values()) {
        if (changed) {
          this.#state.setRun(name, group, record);
        }
      }
    }
  }

  #draft(name: JobName, group: bigint, readClosed: ReadClosed = this.#readClosed): RunDraft {
    let drafts = this.#drafts.get(name);
    if (drafts === undefined) {
      this.#drafts.set(name, (drafts = new ByGroup()));
    }
    const known = drafts.get(group);
    if (known !== undefined) {
      return known;
    }
    const record = this.#state.openRuns.get(name)?.get(group) ?? readClosed(name, group);
    const draft: RunDraft = { name, group, record, dirty: false, changed: false, storedOpen: record?.run.open };
    drafts.set(group, draft);
    return draft;
  }
}

function openRecord({ record }: RunDraft): RunRecord[] {
  return record?.run.open === true ? [record] : [];
}
