import { EventQueue } from './event-queue.ts';

/** What comes of a query. */
export type QueryReply =
  /** A member got the query. Only if it was asked to say so. */
  | { readonly type: 'ack'; readonly from: string }
  /** A member answers. */
  | { readonly type: 'answer'; readonly from: string; readonly payload: Uint8Array };

/** How many replied. */
export interface QueryCounts {
  readonly acks: number;
  readonly answers: number;
}

/** A query of ours: its replies as they come, in a loop; the loop ends with its time, or by leaving it. */
export interface GossipQuery extends AsyncIterable<QueryReply> {
  /** Resolves at the end, also that of the node. */
  readonly finished: Promise<QueryCounts>;
  /** Ends it now. */
  close(): void;
}

/** Replies of one query that nobody reads are kept up to this many: one of each kind of the largest pool is fewer. */
const MAX_WAITING = 200_000;

export class OpenQuery implements GossipQuery {
  readonly finished: Promise<QueryCounts>;
  readonly #queue: EventQueue<QueryReply>;
  readonly #onClose: () => void;
  #finish: (counts: QueryCounts) => void = () => {};

  /** @param onClose - called when nobody is interested any more */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
    this.#queue = new EventQueue<QueryReply>(MAX_WAITING, () => this.#onClose());
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  take(reply: QueryReply): void {
    this.#queue.push(reply);
  }

  end(counts: QueryCounts): void {
    this.#finish(counts);
    this.#queue.end();
  }

  close(): void {
    this.#queue.end();
  }

  [Symbol.asyncIterator](): AsyncIterator<QueryReply, undefined> {
    return this.#queue;
  }
}
