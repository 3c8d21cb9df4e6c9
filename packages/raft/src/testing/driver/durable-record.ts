import type { Entry } from '../../core/types.ts';
import type { Boundary, LogBatch, LogLane, LogSpace, LogState, LogStorage, ResetOptions } from '../../storage/ports.ts';
import type { DurableView } from '../check/checker.ts';
import { must } from '../check/violation.ts';
import { chainOf } from '../sim/entry-chain.ts';

type Operation =
  | { readonly kind: 'append'; readonly batch: LogBatch }
  | { readonly kind: 'compact'; readonly index: number }
  | { readonly kind: 'reset'; readonly boundary: Boundary; readonly options: ResetOptions };

export interface DurableRecordModules {
  readonly name: string;
  /** An entry is durable. */
  readonly appended: (entry: Entry, chain: number) => void;
  /** Hash of a log that ends with this entry, if any server ever had it. */
  readonly chainAt: (boundary: Boundary) => number;
}

/**
 * What a log promised to hold: everything whose promise was kept, and what is on its way, in order. A log that is read
 * back must be the first with some of the second, in that order. Entries below the boundary are remembered.
 */
export class DurableRecord implements DurableView {
  readonly #modules: DurableRecordModules;
  #entries = new Map<number, { readonly term: number; readonly chain: number }>();
  #pending: Operation[] = [];
  term = 0;
  vote = '';
  commit = 0;
  boundary = 0;
  lastIndex = 0;

  constructor(modules: DurableRecordModules) {
    this.#modules = modules;
  }

  termAt(index: number): number | undefined {
    return index === 0 ? 0 : this.#entries.get(index)?.term;
  }

  begin(operation: Operation): void {
    this.#pending.push(operation);
  }

  /** It was refused: nothing of it is on the disk. */
  refused(operation: Operation): void {
    this.#pending = this.#pending.filter((one) => one !== operation);
  }

  /** It and every earlier one are durable. Without an operation: all are. */
  durable(operation?: Operation): void {
    const at = operation === undefined ? this.#pending.length - 1 : this.#pending.indexOf(operation);
    for (const done of this.#pending.splice(0, at + 1)) this.#apply(done);
  }

  /** A log was read back. @returns operations on their way that are lost, and those that are not */
  recovered(state: LogState): { readonly kept: number; readonly lost: number } {
    const pending = this.#pending;
    this.#pending = [];
    const promised = `${this.#describe()} and ${pending.length} writes under way`;
    let kept = 0;
    while (!this.#matches(state) && kept < pending.length) this.#apply(pending[kept++]!);
    must(this.#matches(state), 'log recovery', () => {
      const { lastIndex, hardState, boundary } = state;
      return `${this.#modules.name} promised ${promised}, read back was last ${lastIndex} boundary ${boundary.index} ${JSON.stringify(hardState)}`;
    });
    // Files go lazily: a restart may bring compacted entries back.
    this.boundary = state.boundary.index;
    return { kept, lost: pending.length - kept };
  }

  #describe(): string {
    const { lastIndex, boundary, term, vote, commit } = this;
    return `last ${lastIndex} boundary ${boundary} ${JSON.stringify({ term, vote, commit })}`;
  }

  #matches({ lastIndex, hardState, boundary, termRuns }: LogState): boolean {
    return (
      lastIndex === this.lastIndex &&
      hardState.term === this.term &&
      hardState.vote === this.vote &&
      hardState.commit === this.commit &&
      boundary.index <= this.boundary &&
      (lastIndex === 0 || termRuns.at(-1)?.term === this.termAt(lastIndex))
    );
  }

  #apply(operation: Operation): void {
    switch (operation.kind) {
      case 'append':
        this.#append(operation.batch);
        return;
      case 'compact':
        this.boundary = Math.max(this.boundary, operation.index);
        return;
      case 'reset':
      default: {
        const { boundary, options } = operation;
        this.#entries.clear();
        this.#entries.set(boundary.index, { term: boundary.term, chain: this.#modules.chainAt(boundary) });
        this.boundary = boundary.index;
        this.lastIndex = boundary.index;
        if (options.hardState !== undefined) this.#hold(options.hardState);
      }
    }
  }

  #append({ truncateFrom, entries = [], hardState, commit }: LogBatch): void {
    if (truncateFrom !== undefined) {
      for (let index = truncateFrom; index <= this.lastIndex; index++) this.#entries.delete(index);
      this.lastIndex = truncateFrom - 1;
    }
    for (const entry of entries) {
      const chain = chainOf(this.#entries.get(entry.index - 1)?.chain ?? 0, entry);
      this.#entries.set(entry.index, { term: entry.term, chain });
      this.lastIndex = entry.index;
      this.#modules.appended(entry, chain);
    }
    if (hardState !== undefined) this.#hold(hardState);
    else if (commit !== undefined) this.commit = commit;
  }

  #hold({ term, vote, commit }: { readonly term: number; readonly vote: string; readonly commit: number }): void {
    this.term = term;
    this.vote = vote;
    this.commit = commit;
  }
}

/** A log whose promises are written down. For one life of a process. */
export class RecordedLog implements LogStorage {
  readonly #log: LogStorage;
  readonly #record: DurableRecord;
  readonly #alive: () => boolean;
  readonly #opened: (outcome: { readonly kept: number; readonly lost: number }) => void;

  constructor(
    log: LogStorage,
    record: DurableRecord,
    alive: () => boolean,
    opened: (outcome: { readonly kept: number; readonly lost: number }) => void,
  ) {
    this.#log = log;
    this.#record = record;
    this.#alive = alive;
    this.#opened = opened;
  }

  async open(): Promise<LogState> {
    const state = await this.#log.open();
    if (this.#alive()) this.#opened(this.#record.recovered(state));
    return state;
  }

  append(batch: LogBatch, sync: boolean): Promise<void> {
    return this.#recorded({ kind: 'append', batch }, sync, () => this.#log.append(batch, sync));
  }

  compact(toIndex: number): Promise<void> {
    return this.#recorded({ kind: 'compact', index: toIndex }, true, () => this.#log.compact(toIndex));
  }

  reset(boundary: Boundary, options: ResetOptions = {}): Promise<void> {
    return this.#recorded({ kind: 'reset', boundary, options }, true, () => this.#log.reset(boundary, options));
  }

  read(lo: number, hi: number, maxBytes: number): Promise<Entry[] | 'compacted'> {
    return this.#log.read(lo, hi, maxBytes);
  }

  state(): LogState {
    return this.#log.state();
  }

  space(): Promise<LogSpace> {
    return this.#log.space();
  }

  get blocks(): boolean {
    return this.#log.blocks ?? false;
  }

  lane(): LogLane {
    return this.#log.lane();
  }

  resume(): Promise<void> {
    return this.#log.resume();
  }

  async close(): Promise<void> {
    await this.#log.close();
    // A log that failed promises nothing more.
    if (this.#alive() && this.#log.lane().failure === undefined) this.#record.durable();
  }

  async #recorded(operation: Operation, sync: boolean, run: () => Promise<void>): Promise<void> {
    if (this.#alive()) this.#record.begin(operation);
    try {
      await run();
    } catch (error) {
      const { code } = error as { readonly code?: string };
      // After a failure of the disk anything may be there.
      if (this.#alive() && code !== 'log_failed') this.#record.refused(operation);
      throw error;
    }
    if (sync && this.#alive()) this.#record.durable(operation);
  }
}
