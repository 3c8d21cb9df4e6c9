import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';

interface Engine {
  accept(channel: SessionChannel<ToWorker>): SessionReceiver<ToServer>;
}

interface Worker {
  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker>;
}

/**
 * Joins a worker to the engine of its own process. Each direction delivers in order, one batch per event-loop turn, as
 * a stream between processes would.
 * @returns closes the session
 */
export function memorySession(engine: Engine, worker: Worker, timers: Timers): () => void {
  const toServer = new Pipe<ToServer>(timers);
  const toWorker = new Pipe<ToWorker>(timers);
  const close = (reason: string): void => {
    toServer.close(reason);
    toWorker.close(reason);
  };
  toServer.receiver = engine.accept({ send: (messages) => toWorker.send(messages), close });
  toWorker.receiver = worker.connect({ send: (messages) => toServer.send(messages), close });
  return () => close('the node stops');
}

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
