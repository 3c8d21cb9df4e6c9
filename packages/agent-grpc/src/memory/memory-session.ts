import type { SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';
import type { AcceptSession, SessionWorker } from '../session/ports.ts';

/**
 * Joins a worker to the engine of its own process. Each direction delivers in order, one batch per event-loop turn, as
 * a stream between processes would.
 *
 * @param ended called once when either side closes
 * @returns closes the session
 */
export function memorySession(
  engine: { readonly accept: AcceptSession },
  worker: SessionWorker,
  timers: Timers,
  ended: (reason: string) => void = () => {},
): () => void {
  const toServer = new Pipe<ToServer>(timers);
  const toWorker = new Pipe<ToWorker>(timers);
  let open = true;
  const close = (reason: string): void => {
    if (!open) return;
    open = false;
    toServer.close(reason);
    toWorker.close(reason);
    ended(reason);
  };
  toServer.receiver = engine.accept({ send: (messages) => toWorker.send(messages), close });
  if (open) toWorker.receiver = worker.connect({ send: (messages) => toServer.send(messages), close });
  return () => close('the node stops');
}

/** One direction of a session inside one process. */
class Pipe<Message> {
  receiver: SessionReceiver<Message> | undefined;
  readonly #timers: Timers;
  #waiting: Message[] = [];
  #closed = false;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  send(messages: readonly Message[]): void {
    if (this.#closed) return;
    if (this.#waiting.length === 0 && messages.length > 0) this.#timers.nextTurn(() => this.#deliver());
    this.#waiting.push(...messages);
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.receiver?.closed(reason);
  }

  #deliver(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    if (!this.#closed && batch.length > 0) this.receiver?.receive(batch);
  }
}
