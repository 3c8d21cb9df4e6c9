import type { Timers } from '@dkron/runtime';
import type { Address } from '../core/types.ts';
import type { PushNodeState, PushPull } from '../core/wire/messages.ts';

export interface MergeSteps {
  /** Why the table must not be merged. */
  refusal(remote: PushPull): string | undefined;
  mergeNodes(nodes: readonly PushNodeState[], from: Address): void;
  mergeUserState(remote: PushPull, from: Address, exchange: number | undefined): void;
}

interface Waiting {
  readonly remote: PushPull;
  readonly from: Address;
  readonly exchange: number | undefined;
  readonly done: (refusal?: string) => void;
}

/** Entries merged in one turn of the event loop. */
const NODES_PER_TURN = 1000;
/** Tables that wait; more are refused. */
const MAX_WAITING = 16;

/** Merges tables one after the other; large ones over many turns, so that probes are answered meanwhile. */
export class Merges {
  readonly #steps: MergeSteps;
  readonly #timers: Timers;
  readonly #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(steps: MergeSteps, timers: Timers) {
    this.#steps = steps;
    this.#timers = timers;
  }

  /** @param exchange - its number if we dialled. `done` is called once, with the reason if the table was not merged; small tables are merged at once. */
  add(remote: PushPull, from: Address, exchange: number | undefined, done: (refusal?: string) => void): void {
    if (this.#waiting.length >= MAX_WAITING) {
      done(`${MAX_WAITING} tables wait to be merged`);
      return;
    }
    this.#waiting.push({ remote, from, exchange, done });
    if (!this.#isRunning) this.#next();
  }

  #next(): void {
    const waiting = this.#waiting.shift();
    this.#isRunning = waiting !== undefined;
    if (waiting === undefined) return;
    const refusal = this.#steps.refusal(waiting.remote);
    if (refusal === undefined) this.#merge(waiting, 0);
    else this.#finish(waiting, refusal);
  }

  #merge(waiting: Waiting, start: number): void {
    const { remote, from, exchange } = waiting;
    const end = start + NODES_PER_TURN;
    this.#steps.mergeNodes(remote.nodes.slice(start, end), from);
    if (end < remote.nodes.length) {
      this.#timers.nextTurn(() => this.#merge(waiting, end));
      return;
    }
    this.#steps.mergeUserState(remote, from, exchange);
    this.#finish(waiting);
  }

  #finish(waiting: Waiting, refusal?: string): void {
    waiting.done(refusal);
    this.#next();
  }
}
