import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';
import type { SessionTransport, StreamEvents } from '../session/ports.ts';

/** What takes streams at an address. */
export interface MemoryListener {
  accept(channel: SessionChannel<ToWorker>, identity: { readonly address: string }): SessionReceiver<ToServer>;
}

/** `open`; `refused`: nobody listens; `silent`: what is sent there vanishes, and nothing comes back. */
export type Reachability = 'open' | 'refused' | 'silent';

/** Servers and ways to them inside one process, whose ways can be cut. Each message takes one turn of `timers`. */
export class MemoryNetwork {
  readonly #timers: Timers;
  readonly #listeners = new Map<string, MemoryListener>();
  readonly #ways = new Map<string, Reachability>();
  readonly #streams = new Set<MemoryStream>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  listen(address: string, listener: MemoryListener): void {
    this.#listeners.set(address, listener);
  }

  /** Nobody listens there any more; its streams end. */
  kill(address: string): void {
    this.#listeners.delete(address);
    for (const stream of this.#streams) if (stream.to === address) stream.end('the connection is gone');
  }

  /** How `from` reaches `to`, in both directions, from now on. */
  set(from: string, to: string, reachability: Reachability): void {
    this.#ways.set(`${from} ${to}`, reachability);
  }

  /** The way out of the node `from`. */
  transport(from: string): SessionTransport {
    return {
      open: (to, events) => {
        const stream = new MemoryStream(from, to, {
          events,
          timers: this.#timers,
          listener: () => this.#listeners.get(to),
          way: () => this.#ways.get(`${from} ${to}`) ?? 'open',
          over: () => this.#streams.delete(stream),
        });
        this.#streams.add(stream);
        return stream.client;
      },
    };
  }

  /** Streams that neither side ended. */
  get openStreams(): number {
    return this.#streams.size;
  }
}

interface StreamModules {
  readonly events: StreamEvents;
  readonly timers: Timers;
  readonly listener: () => MemoryListener | undefined;
  readonly way: () => Reachability;
  readonly over: () => void;
}

class MemoryStream {
  readonly to: string;
  readonly client: SessionChannel<ToServer>;
  readonly #modules: StreamModules;
  #receiver: SessionReceiver<ToServer> | undefined;
  #clientOpen = true;
  #serverOpen = false;

  constructor(from: string, to: string, modules: StreamModules) {
    this.to = to;
    this.#modules = modules;
    this.client = {
      send: (messages) => {
        if (this.#clientOpen) this.#later(() => this.#serverOpen && this.#receiver?.receive(messages));
      },
      close: (reason) => this.#closeClient(reason),
    };
    modules.timers.nextTurn(() => this.#connect(from));
  }

  /** The connection breaks. */
  end(reason: string): void {
    this.#modules.over();
    if (this.#clientOpen) {
      this.#clientOpen = false;
      this.#modules.events.closed(reason);
    }
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#receiver?.closed(reason);
  }

  #connect(from: string): void {
    if (!this.#clientOpen || this.#modules.way() === 'silent') return;
    const listener = this.#modules.listener();
    if (listener === undefined || this.#modules.way() === 'refused') return this.end('connection refused');
    this.#serverOpen = true;
    this.#modules.events.opened();
    this.#receiver = listener.accept(
      {
        send: (messages) => {
          if (this.#serverOpen) this.#later(() => this.#clientOpen && this.#modules.events.receive(messages));
        },
        close: (reason) => this.#closeServer(reason),
      },
      { address: from },
    );
  }

  #closeClient(reason: string): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#modules.events.closed(reason);
    this.#later(() => this.end(reason));
  }

  #closeServer(reason: string): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#receiver?.closed(reason);
    this.#later(() => this.end(reason));
  }

  /** Across the way, if it is open by then. */
  #later(fn: () => void): void {
    this.#modules.timers.nextTurn(() => {
      if (this.#modules.way() === 'open') fn();
    });
  }
}
