import { TransmitQueue } from '../swim/transmit-queue.ts';

export type QueueKind = 'intents' | 'queries' | 'events';

const IN_ORDER: readonly QueueKind[] = ['intents', 'queries', 'events'];

/** Serf messages to pass on, bytes with their type. None replaces another. */
export class OutgoingQueues {
  readonly #queues: Readonly<Record<QueueKind, TransmitQueue<Uint8Array>>> = {
    intents: new TransmitQueue(),
    queries: new TransmitQueue(),
    events: new TransmitQueue(),
  };
  readonly #maxDepth: number;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  get isEmpty(): boolean {
    const { intents, queries, events } = this.#queues;
    return intents.size === 0 && queries.size === 0 && events.size === 0;
  }

  depth(kind: QueueKind): number {
    return this.#queues[kind].size;
  }

  /** `onDone` is called when it went out often enough, or was dropped because too many wait. */
  add(kind: QueueKind, body: Uint8Array, onDone?: () => void): void {
    const queue = this.#queues[kind];
    queue.add({ value: body, lengthBytes: body.length, onDone });
    if (queue.size > this.#maxDepth) queue.prune(this.#maxDepth);
  }

  /** Messages for one packet: intents first, then queries, then events, each as often as `transmitLimit`. */
  take(overheadBytes: number, limitBytes: number, transmitLimit: number, maxItems: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let roomBytes = limitBytes;
    for (const kind of IN_ORDER) {
      const bodies = this.#queues[kind].take(overheadBytes, roomBytes, transmitLimit, maxItems - taken.length);
      for (const body of bodies) {
        roomBytes -= body.length + overheadBytes;
        taken.push(body);
      }
    }
    return taken;
  }
}
