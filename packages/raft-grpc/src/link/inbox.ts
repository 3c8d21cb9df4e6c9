import type { NodeId, TransportHandler } from '@dkron/raft';
import type { Message } from '@dkron/raft/core';
import { FrameKind } from '../codec/frame.ts';
import type { Frame } from '../codec/frame.ts';

export interface InboxModules {
  readonly handler: TransportHandler;
  /** Told after bulk frames of so many bytes were processed. */
  readonly processed: (bytes: number) => void;
}

/**
 * Hands the messages of one stream to the server behind the code that read them, so that they still count for the turn of
 * the event loop in which they came. While the server works off
 * what it got, bulk frames wait here and control frames go on; their number is bounded by the window of the stream.
 */
export class Inbox {
  readonly #from: NodeId;
  readonly #modules: InboxModules;
  #control: Message[] = [];
  #bulk: Message[] = [];
  #bulkBytes = 0;
  #busy = 0;
  #scheduled = false;
  #closed = false;

  constructor(from: NodeId, modules: InboxModules) {
    this.#from = from;
    this.#modules = modules;
  }

  put(frame: Frame, bytes: number): void {
    if (frame.kind === FrameKind.bulk) {
      append(this.#bulk, frame.messages);
      this.#bulkBytes += bytes;
    } else {
      append(this.#control, frame.messages);
    }
    this.#schedule();
  }

  /** Nothing is delivered afterwards. */
  close(): void {
    this.#closed = true;
    this.#control = [];
    this.#bulk = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    if (this.#control.length === 0 && (this.#busy > 0 || this.#bulk.length === 0)) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#closed) this.#deliver();
    });
  }

  #deliver(): void {
    const takesBulk = this.#busy === 0 && this.#bulk.length > 0;
    const messages = this.#control;
    this.#control = [];
    let bytes = 0;
    if (takesBulk) {
      append(messages, this.#bulk);
      bytes = this.#bulkBytes;
      this.#bulk = [];
      this.#bulkBytes = 0;
    }
    const pending = this.#modules.handler.message(this.#from, messages);
    if (pending === undefined) {
      if (takesBulk) this.#modules.processed(bytes);
      return;
    }
    this.#busy += 1;
    const done = (): void => {
      this.#busy -= 1;
      if (this.#closed) return;
      if (takesBulk) this.#modules.processed(bytes);
      this.#schedule();
    };
    pending.then(done, done);
  }
}

function append(target: Message[], messages: readonly Message[]): void {
  for (const message of messages) target.push(message);
}
