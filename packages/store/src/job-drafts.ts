import type { JobDefinition, JobName, StoredJob } from '@dkron/jobs';
import type { Journal } from './journal.ts';
import { definitionKey, historyKey, jobStateKey } from './keys.ts';
import { EMPTY_META, historyPlaceCodec } from './records.ts';
import type { HistoryPlace, JobMeta } from './records.ts';
import type { Codecs, State } from './state.ts';

/** One job as a transaction sees it, with where its history and ledger stand. */
interface JobDraft {
  readonly name: JobName;
  job: StoredJob | undefined;
  meta: JobMeta;
  /** Changed since its parts were last written. */
  dirty: boolean;
  changed: boolean;
  /** The definition that is written already; a tick keeps it, so that only the state is written anew. */
  written: JobDefinition | undefined;
  definitionBytes: Uint8Array | undefined;
  stateBytes: Uint8Array | undefined;
  /** Places in the history that changed; undefined = emptied. */
  history: Map<number, HistoryPlace | undefined> | undefined;
}

/** Jobs as a transaction sees them. Each is looked up once per batch and written once per entry. */
export class JobDrafts {
  readonly #state: State;
  readonly #codecs: Codecs;
  readonly #drafts = new Map<JobName, JobDraft>();
  #dirty: JobDraft[] = [];
  #latest: JobDraft | undefined;

  constructor(state: State, codecs: Codecs) {
    this.#state = state;
    this.#codecs = codecs;
  }

  get(name: JobName): StoredJob | undefined {
    return this.#draft(name).job;
  }

  meta(name: JobName): JobMeta {
    return this.#draft(name).meta;
  }

  /** Counts the revision; undefined removes. */
  set(name: JobName, job: StoredJob | undefined): void {
    const draft = this.#draft(name);
    const revision = (draft.job?.state.revision ?? 0) + 1;
    draft.job = job && { definition: job.definition, state: { ...job.state, revision } };
    if (job === undefined) {
      draft.meta = EMPTY_META;
    }
    this.#touch(draft);
  }

  /** Written with the job; of no effect when there is none. */
  setMeta(name: JobName, meta: JobMeta): void {
    const draft = this.#draft(name);
    draft.meta = meta;
    this.#touch(draft);
  }

  /** What this batch put at a place in the job's history: null = nothing is there any more, undefined = untouched. */
  historyPlace(name: JobName, sequence: number): HistoryPlace | null | undefined {
    const { history } = this.#draft(name);
    return history?.has(sequence) === true ? (history.get(sequence) ?? null) : undefined;
  }

  setHistoryPlace(name: JobName, sequence: number, place: HistoryPlace | undefined, journal: Journal): void {
    const draft = this.#draft(name);
    draft.history ??= new Map();
    draft.history.set(sequence, place);
    if (place === undefined) {
      journal.delete(historyKey(name, sequence));
    } else {
      journal.put(historyKey(name, sequence), historyPlaceCodec.encode(place));
    }
  }

  /** Writes what changed since the last flush. */
  flush(journal: Journal): void {
    for (const draft of this.#dirty) {
      draft.dirty = false;
      this.#write(draft, journal);
    }
    this.#dirty = [];
  }

  /** Names of jobs that were put or removed. */
  *changed(): Generator<JobName> {
    for (const { name, changed } of this.#drafts.values()) {
      if (changed) {
        yield name;
      }
    }
  }

  commit(): void {
    const { jobs } = this.#state;
    for (const { name, changed, job, meta, definitionBytes, stateBytes } of this.#drafts.values()) {
      if (changed && job !== undefined && stateBytes !== undefined) {
        jobs.set(name, { definition: definitionBytes, state: stateBytes }, { job, meta });
      } else if (changed) {
        jobs.delete(name);
      }
    }
  }

  #draft(name: JobName): JobDraft {
    if (this.#latest?.name === name) {
      return this.#latest;
    }
    const draft = this.#drafts.get(name) ?? this.#open(name);
    this.#latest = draft;
    return draft;
  }

  #open(name: JobName): JobDraft {
    const known = this.#state.jobs.known(name);
    const draft: JobDraft = {
      name,
      job: known?.job,
      meta: known?.meta ?? EMPTY_META,
      dirty: false,
      changed: false,
      written: known?.job.definition,
      definitionBytes: undefined,
      stateBytes: undefined,
      history: undefined,
    };
    this.#drafts.set(name, draft);
    return draft;
  }

  #touch(draft: JobDraft): void {
    if (!draft.dirty) {
      draft.dirty = true;
      draft.changed = true;
      this.#dirty.push(draft);
    }
  }

  #write(draft: JobDraft, journal: Journal): void {
    const { name, job, meta } = draft;
    if (job === undefined) {
      draft.written = undefined;
      draft.definitionBytes = undefined;
      draft.stateBytes = undefined;
      journal.delete(definitionKey(name));
      journal.delete(jobStateKey(name));
      return;
    }
    if (draft.written !== job.definition) {
      draft.written = job.definition;
      draft.definitionBytes = this.#codecs.definition.encode(job.definition);
      journal.put(definitionKey(name), draft.definitionBytes);
    }
    draft.stateBytes = this.#codecs.stateRecord.encode({ state: job.state, meta });
    journal.put(jobStateKey(name), draft.stateBytes);
  }
}
