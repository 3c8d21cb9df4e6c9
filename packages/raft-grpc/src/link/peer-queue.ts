import type { Message } from '@dkron/raft/core';
import { FRAME_HEAD_BYTES, FrameKind, MAX_FRAME_MESSAGES, writeFrame } from '../codec/frame.ts';
import { isBulk } from '../codec/kinds.ts';
import { planMessage } from '../codec/message.ts';
import type { Ends, PlannedMessage } from '../codec/message.ts';

export interface PeerQueueOptions {
  readonly ends: Ends;
  /** Bytes that may wait; above, the oldest appends go first. */
  readonly maxBytes: number;
  /** Larger messages are not taken. */
  readonly maxFrameBytes: number;
}

/** Messages that wait for one peer, in two lanes. Lengths are those of the encoding. */
export class PeerQueue {
  readonly #options: PeerQueueOptions;
  readonly #control = new Lane();
  readonly #bulk = new Lane();
  #dropped = 0;

  constructor(options: PeerQueueOptions) {
    this.#options = options;
  }

  get messages(): number {
    return this.#control.length + this.#bulk.length;
  }

  get bytes(): number {
    return this.#control.bytes + this.#bulk.bytes;
  }

  /** Messages dropped since the start, for whatever reason. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Adds a message; returns how many were dropped to make room, itself included.
   * @throws TypeError when it cannot travel
   */
  push(message: Message): number {
    const { ends, maxBytes, maxFrameBytes } = this.#options;
    const plan = planMessage(message, ends);
    if (plan.bytes + FRAME_HEAD_BYTES > maxFrameBytes) {
      this.#dropped += 1;
      return 1;
    }
    (isBulk(message.type) ? this.#bulk : this.#control).push(plan);
    let dropped = 0;
    while (this.bytes > maxBytes) {
      (this.#bulk.length > 0 ? this.#bulk : this.#control).shift();
      dropped += 1;
    }
    this.#dropped += dropped;
    return dropped;
  }

  /**
   * Takes messages of a lane into one frame of about `targetBytes`, at least one, behind `reserve` free bytes;
   * undefined when none waits, or when the first alone takes more than `limitBytes`.
   */
  take(kind: FrameKind, targetBytes: number, reserve: number, limitBytes?: number): Buffer | undefined {
    const lane = kind === FrameKind.control ? this.#control : this.#bulk;
    if (lane.first === undefined) return undefined;
    if (limitBytes !== undefined && reserve + FRAME_HEAD_BYTES + lane.first.bytes > limitBytes) return undefined;
    const plans: PlannedMessage[] = [];
    let bytes = FRAME_HEAD_BYTES;
    for (let next = lane.first; next !== undefined && plans.length < MAX_FRAME_MESSAGES; next = lane.first) {
      if (plans.length > 0 && bytes + next.bytes > targetBytes) break;
      bytes += next.bytes;
      plans.push(next);
      lane.shift();
    }
    return writeFrame(kind, plans, reserve);
  }

  /** Drops everything; returns how many. */
  clear(): number {
    const count = this.messages;
    this.#control.clear();
    this.#bulk.clear();
    this.#dropped += count;
    return count;
  }
}

const COMPACT_FROM = 1024;

/** First in, first out, without moving what waits at each `shift`. */
class Lane {
  #items: (PlannedMessage | undefined)[] = [];
  #head = 0;
  bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get first(): PlannedMessage | undefined {
    return this.#items[this.#head];
  }

  push(plan: PlannedMessage): void {
    this.#items.push(plan);
    this.bytes += plan.bytes;
  }

  shift(): void {
    const plan = this.#items[this.#head];
    if (plan === undefined) return;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.bytes -= plan.bytes;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.bytes = 0;
  }
}
