import type { Address, Member } from '../types.ts';
import type { SerfContext } from './context.ts';
import type { MemberChange, SnapshotEffect } from './effects.ts';
import { readSnapshot, SnapshotLog } from './snapshot-log.ts';

/** What a snapshot gives back to a member that starts. */
export interface Restored {
  readonly eventMinTime: number;
  readonly queryMinTime: number;
  /** Members to try. */
  readonly members: ReadonlyMap<string, Address>;
}

const NOTHING: Restored = { eventMinTime: 0, queryMinTime: 0, members: new Map() };

/** Connects the log of a snapshot file, if one is kept, with the clocks and members. */
export class SnapshotKeeper {
  readonly #context: SerfContext;
  #log: SnapshotLog | undefined;

  constructor(context: SerfContext) {
    this.#context = context;
  }

  get nextMs(): number {
    return this.#log?.nextMs(this.#seen()) ?? Infinity;
  }

  /** Begins to keep, from what the file held. The clocks go beyond it, what came before is not taken again. */
  restore(): Restored {
    const { options, memberClock, eventClock, queryClock } = this.#context;
    if (options.snapshot === undefined) return NOTHING;
    const { previous = '', rejoinAfterLeave } = options.snapshot;
    const state = readSnapshot(previous, rejoinAfterLeave);
    if (state.unknownLines > 0) {
      this.#context.notice('undecodable', 'snapshot', `${state.unknownLines} lines`);
    }
    this.#log = new SnapshotLog(state, rejoinAfterLeave);
    memberClock.witness(state.clock);
    eventClock.witness(state.eventClock);
    queryClock.witness(state.queryClock);
    return { eventMinTime: state.eventClock + 1, queryMinTime: state.queryClock + 1, members: state.alive };
  }

  note(change: MemberChange, member: Member): void {
    this.#log?.note(change, member);
  }

  leave(): void {
    this.#emit(this.#log?.leave(this.#context.nowMs));
  }

  advance(): void {
    this.#emit(this.#log?.flush(this.#seen(), this.#context.nowMs));
  }

  /** All that waits, now. */
  flush(): void {
    this.#emit(this.#log?.flush(this.#seen(), Infinity));
  }

  #emit(effect: SnapshotEffect | undefined): void {
    if (effect !== undefined) this.#context.emit(effect);
  }

  #seen(): { readonly clock: number; readonly eventClock: number; readonly queryClock: number } {
    const { memberClock, eventClock, queryClock } = this.#context;
    return { clock: memberClock.time - 1, eventClock: eventClock.time - 1, queryClock: queryClock.time - 1 };
  }
}
