import type { SessionTransport, StreamEvents } from '@dkron/agent-grpc';
import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Endpoint, Fabric } from './fabric.ts';
import type { NodeTime } from './node-time.ts';

/** What takes sessions on a server. */
export interface SessionListener {
  accept(channel: SessionChannel<ToWorker>, identity: { readonly address: string }): SessionReceiver<ToServer>;
}

/** A client of the transport asks a silent connection after so long, and gives it up after as long again. */
const KEEPALIVE_MS = 2000;
/** What is lost on the wire is sent again. */
const RESEND_MS = 200;
/** Then the system gives the connection up. */
const RESENDS_MAX = 300;

export interface SessionNetModules {
  readonly fabric: Fabric;
  readonly listener: (machine: Endpoint) => SessionListener | undefined;
}

/** Ordered streams between workers and servers, as TCP gives them. */
export class SessionNet {
  readonly #modules: SessionNetModules;
  readonly #streams = new Set<SimStream>();

  constructor(modules: SessionNetModules) {
    this.#modules = modules;
  }

  /** The way out of one process. */
  transport(from: Endpoint, process: NodeTime): SessionTransport {
    return {
      open: (address, events) => {
        const over = (): void => void this.#streams.delete(stream);
        const stream: SimStream = new SimStream(this.#modules, { from, process, address, over }, events);
        this.#streams.add(stream);
        return stream.client;
      },
    };
  }

  /** A process ended, its machine runs on: the system closes its connections. */
  killed(process: NodeTime): void {
    for (const stream of this.#streams) stream.killed(process);
  }
}

interface Dial {
  readonly from: Endpoint;
  readonly process: NodeTime;
  readonly address: string;
  readonly over: () => void;
}

/** One direction: in order, later rather than never, until an end is gone. */
class Pipe {
  readonly #fabric: Fabric;
  readonly #from: () => string;
  readonly #to: () => Endpoint | undefined;
  readonly #refused: () => void;
  #process: NodeTime | undefined;
  #queue: (() => void)[] = [];
  #pumping = false;
  #vain = 0;
  #over = false;

  constructor(fabric: Fabric, from: () => string, to: () => Endpoint | undefined, refused: () => void) {
    this.#fabric = fabric;
    this.#from = from;
    this.#to = to;
    this.#refused = refused;
  }

  /** The process at its end: another one at the same place does not know the stream. */
  bind(process: NodeTime): void {
    this.#process = process;
  }

  send(work: () => void): void {
    if (this.#over) return;
    this.#queue.push(work);
    this.#pump(this.#fabric.delayMs);
  }

  end(): void {
    this.#over = true;
    this.#queue = [];
  }

  #pump(delayMs: number): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#fabric.time.after(delayMs, () => {
      this.#pumping = false;
      if (this.#queue.length > 0) this.#deliver();
    });
  }

  #deliver(): void {
    const to = this.#to();
    if (to === undefined || to.dark || this.#fabric.isCut(this.#from(), to.name)) {
      if (++this.#vain < RESENDS_MAX) return this.#pump(RESEND_MS);
      this.end();
      return this.#refused();
    }
    this.#vain = 0;
    const process = this.#process ?? to.process;
    if (process === undefined || !process.alive || to.process !== process) {
      this.end();
      return this.#refused();
    }
    const works = this.#queue;
    this.#queue = [];
    process.deliver(() => works.forEach((work) => work()));
  }
}

/** A stream from a worker to a server. */
class SimStream {
  readonly client: SessionChannel<ToServer>;
  readonly #modules: SessionNetModules;
  readonly #dial: Dial;
  readonly #events: StreamEvents;
  readonly #up: Pipe;
  readonly #down: Pipe;
  #server: Endpoint | undefined;
  #receiver: SessionReceiver<ToServer> | undefined;
  #serverProcess: NodeTime | undefined;
  #clientOpen = true;
  #serverOpen = false;
  /** Nothing gets through since so many looks of the client. */
  #silent = 0;

  constructor(modules: SessionNetModules, dial: Dial, events: StreamEvents) {
    this.#modules = modules;
    this.#dial = dial;
    this.#events = events;
    const { fabric } = modules;
    const { from, process, address } = dial;
    this.#up = new Pipe(
      fabric,
      () => from.name,
      () => this.#server ?? fabric.at(address),
      () => this.#refusedUp(),
    );
    this.#down = new Pipe(
      fabric,
      () => this.#server!.name,
      () => from,
      () => this.#endServer('the connection is gone'),
    );
    this.#down.bind(process);
    this.client = {
      send: (messages) => {
        if (this.#clientOpen && process.alive) this.#up.send(() => this.#toServer(messages));
      },
      close: (reason) => this.#closeClient(reason),
    };
    this.#up.send(() => this.#connect());
    this.#keepAlive();
  }

  #connect(): void {
    const { fabric, listener } = this.#modules;
    const server = fabric.at(this.#dial.address)!;
    const accept = listener(server);
    if (accept === undefined) return this.#refusedUp();
    this.#server = server;
    this.#serverProcess = server.process!;
    this.#up.bind(server.process!);
    this.#serverOpen = true;
    this.#down.send(() => this.#clientOpen && this.#events.opened());
    this.#receiver = accept.accept(
      {
        send: (messages) => {
          if (!this.#serverOpen || !this.#serverProcess!.alive || messages.length === 0) return;
          this.#down.send(() => this.#clientOpen && this.#events.receive(messages));
        },
        close: (reason) => this.#closeServer(reason),
      },
      { address: this.#dial.from.name },
    );
  }

  #toServer(messages: readonly ToServer[]): void {
    if (!this.#serverOpen) return;
    this.#receiver?.receive(messages);
  }

  /** Nobody knows the stream where it leads: the client is told, if that gets through. */
  #refusedUp(): void {
    const { fabric } = this.#modules;
    const { process, from } = this.#dial;
    const name = this.#server?.name ?? fabric.at(this.#dial.address)?.name ?? '';
    if (fabric.isCut(name, from.name)) return;
    fabric.time.after(fabric.delayMs, () => process.deliver(() => this.#endClient('connection refused')));
  }

  #closeClient(reason: string): void {
    if (!this.#clientOpen) return;
    this.#endClient(reason);
    if (this.#dial.process.alive) this.#up.send(() => this.#endServer('the worker ended the stream'));
  }

  #closeServer(reason: string): void {
    if (!this.#serverOpen) return;
    this.#endServer(reason);
    this.#down.send(() => this.#endClient(reason));
  }

  #endClient(reason: string): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#over();
    this.#events.closed(reason);
  }

  #endServer(reason: string): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#over();
    this.#receiver?.closed(reason);
  }

  #keepAlive(): void {
    const { fabric } = this.#modules;
    const { process, from, address } = this.#dial;
    process.after(KEEPALIVE_MS, () => {
      if (!this.#clientOpen) return;
      const to = this.#server ?? fabric.at(address);
      const alive = this.#serverProcess?.alive !== false && this.#serverProcess?.stalled !== true;
      const through = to !== undefined && !to.dark && alive && fabric.connected(from.name, to.name);
      this.#silent = through ? 0 : this.#silent + 1;
      if (this.#silent < 2) return this.#keepAlive();
      // A process that was killed on a machine that runs says so at once.
      this.#up.end();
      this.#endClient('the connection is gone');
    });
  }

  killed(process: NodeTime): void {
    const { fabric } = this.#modules;
    const { from } = this.#dial;
    if (process === this.#dial.process) {
      this.#clientOpen = false;
      this.#up.send(() => this.#endServer('the connection is gone'));
    } else if (process === this.#serverProcess) {
      this.#serverOpen = false;
      if (!fabric.isCut(this.#server!.name, from.name))
        this.#down.send(() => this.#endClient('the connection is gone'));
    }
    this.#over();
  }

  #over(): void {
    if (!this.#clientOpen && !this.#serverOpen) this.#dial.over();
  }
}
