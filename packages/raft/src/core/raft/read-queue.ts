import type { NodeId } from '../types.ts';

/** A read that waits for the leader to be confirmed. */
export interface QueuedRead {
  /** Number of its round of heartbeats. */
  readonly round: number;
  /** Who asked. */
  readonly from: NodeId;
  /** Commit index when it was asked for. */
  readonly index: number;
  /** The caller's mark, returned with the answer. Need not be unique. */
  readonly context: Uint8Array;
}

const ROUND_BYTES = 8;
const HIGH = 2 ** 32;

/**
 * Reads that wait for a round of heartbeats (dissertation 6.4). Rounds are numbered here: a caller's context that occurs
 * twice could otherwise confirm the wrong read. Numbers never repeat in the life of a core.
 */
export class ReadQueue {
  #round = 0;
  #queue: QueuedRead[] = [];

  get size(): number {
    return this.#queue.length;
  }

  /** Number of the newest round ever begun; 0 before the first. */
  get lastRound(): number {
    return this.#round;
  }

  /** Context for heartbeats: the newest round that reads wait for, or empty. */
  heartbeatContext(): Uint8Array {
    return this.#queue.length === 0 ? NO_CONTEXT : encodeRound(this.#queue.at(-1)!.round);
  }

  /** Begins a round for a read. */
  add(from: NodeId, index: number, context: Uint8Array): void {
    this.#round++;
    this.#queue.push({ round: this.#round, from, index, context });
  }

  /** Takes the reads of all rounds up to `round`: a later round confirms every earlier one. */
  take(round: number): QueuedRead[] {
    let count = 0;
    while (count < this.#queue.length && this.#queue[count]!.round <= round) count++;
    return count === 0 ? [] : this.#queue.splice(0, count);
  }

  clear(): void {
    if (this.#queue.length > 0) this.#queue = [];
  }
}

const NO_CONTEXT = new Uint8Array(0);

function encodeRound(round: number): Uint8Array {
  const bytes = new Uint8Array(ROUND_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, round % HIGH, true);
  view.setUint32(4, Math.floor(round / HIGH), true);
  return bytes;
}

/** Round in the context of a heartbeat response; 0 if it is none. */
export function decodeRound(context: Uint8Array): number {
  if (context.length !== ROUND_BYTES) return 0;
  const view = new DataView(context.buffer, context.byteOffset, ROUND_BYTES);
  const round = view.getUint32(4, true) * HIGH + view.getUint32(0, true);
  return Number.isSafeInteger(round) ? round : 0;
}
