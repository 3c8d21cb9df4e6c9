import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Cancel, Timers } from '@dkron/runtime';
import type { SessionTransport } from './ports.ts';

export interface RelayModules {
  readonly transport: SessionTransport;
  readonly timers: Timers;
  readonly toWorker: (messages: readonly ToWorker[]) => void;
  /** Once. `taken`: the leader had taken the stream. */
  readonly ended: (reason: string, taken: boolean) => void;
}

/** Passes a worker's stream on to the leader. The windows of the session bound what is under way. */
export class Relay implements SessionReceiver<ToServer> {
  readonly #modules: RelayModules;
  readonly #upstream: SessionChannel<ToServer>;
  readonly #timer: Cancel;
  #taken = false;
  #over = false;

  constructor(address: string, dialTimeoutMs: number, modules: RelayModules) {
    this.#modules = modules;
    this.#timer = modules.timers.after(dialTimeoutMs, () => this.#end('the leader did not answer the relay'));
    this.#upstream = modules.transport.open(address, {
      opened: () => {
        this.#taken = true;
        this.#timer();
      },
      receive: (messages) => {
        if (!this.#over) modules.toWorker(messages);
      },
      // After the turn in which the relay was made, so that its maker knows it.
      closed: (reason) => void modules.timers.nextTurn(() => this.#end(`relay: ${reason}`)),
    });
  }

  receive(messages: readonly ToServer[]): void {
    if (!this.#over) this.#upstream.send(messages.map(direct));
  }

  closed(reason: string): void {
    this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer();
    this.#upstream.close(reason);
    this.#modules.ended(reason, this.#taken);
  }
}

/** The leader must not pass it on once more. */
function direct(message: ToServer): ToServer {
  return message.type === 'hello' ? { ...message, relay: false } : message;
}
