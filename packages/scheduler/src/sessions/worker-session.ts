import type { Dispatch, ExecutionId, NodeName, SessionChannel, ToServer, ToWorker } from '@dkron/jobs';
import { AckWindow } from './ack-window.ts';

/** Most messages either way that wait for an acknowledgement. */
export const WINDOW = 256;
/** Bytes of output that a worker may send before more credit. */
export const OUTPUT_CREDIT_BYTES = 1024 * 1024;

/** The leader's end of one worker's stream, from its welcome on. */
export class WorkerSession {
  readonly node: NodeName;
  readonly slots: number;
  readonly inbox = new AckWindow();
  readonly #channel: SessionChannel<ToWorker>;
  readonly #term: bigint;
  #seq = 0;
  #ackedSeq = 0;
  #owedCredit = 0;
  lastHeardMs: number;
  draining = false;
  /** Monotonic ms until which nothing is dispatched: the node had no room. */
  holdUntilMs = 0;
  open = true;

  constructor(
    hello: Extract<ToServer, { type: 'hello' }>,
    channel: SessionChannel<ToWorker>,
    term: bigint,
    nowMs: number,
  ) {
    this.node = hello.node;
    this.slots = hello.slots;
    this.#channel = channel;
    this.#term = term;
    this.lastHeardMs = nowMs;
  }

  /** Dispatches and cancels that may be sent now. */
  get room(): number {
    return this.open ? WINDOW - (this.#seq - this.#ackedSeq) : 0;
  }

  dispatch(dispatches: readonly Dispatch[]): void {
    this.send(dispatches.map((dispatch) => ({ type: 'dispatch', seq: ++this.#seq, term: this.#term, dispatch })));
  }

  cancel(id: ExecutionId, attempt: number): void {
    this.send([{ type: 'cancel', seq: ++this.#seq, term: this.#term, id, attempt, reason: 'cancelled' }]);
  }

  acked(seq: number): void {
    if (seq > this.#ackedSeq && seq <= this.#seq) this.#ackedSeq = seq;
  }

  /** Gives back credit for output that was passed on, in portions. */
  returnCredit(bytes: number): void {
    this.#owedCredit += bytes;
    if (this.#owedCredit < OUTPUT_CREDIT_BYTES / 4) return;
    this.send([{ type: 'credit', bytes: this.#owedCredit }]);
    this.#owedCredit = 0;
  }

  send(messages: readonly ToWorker[]): void {
    if (this.open && messages.length > 0) this.#channel.send(messages);
  }

  close(reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.#channel.close(reason);
  }
}
