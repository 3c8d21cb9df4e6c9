import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Cancel, Counter, Gauge, Logger, Metrics, Timers } from '@dkron/runtime';
import { within } from './dialer-options.ts';
import type { Leadership, SessionTransport } from './ports.ts';
import { Relay } from './relay.ts';

type Hello = Extract<ToServer, { type: 'hello' }>;

/** Settings of a router; `region` is the server's. */
export interface SessionRouterOptions {
  readonly region: string;
  /** When a worker asks again while nobody leads (100). */
  readonly noLeaderRetryMs?: number;
  /** A stream that says no hello within is ended (5,000). */
  readonly helloTimeoutMs?: number;
  /** From a relay's dial to the leader's taking the stream (1,000). */
  readonly relayDialTimeoutMs?: number;
  /** Streams passed on to the leader at a time (256); a worker that asks for more is told to ask again. */
  readonly maxRelays?: number;
}

export interface SessionRouterModules {
  /** Asked at each hello. */
  readonly leadership: () => Leadership;
  /** For relays. */
  readonly transport: SessionTransport;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Who may open a session. Default: everybody. Answers true, or why not. */
  readonly authorize?: (identity: PeerIdentity, hello: Hello) => true | string;
}

/** What is known of the other end of a stream, apart from what it says. */
export interface PeerIdentity {
  /** Names of its certificate. */
  readonly names?: readonly string[];
  readonly address: string;
}

/** A server's end of workers' streams: hands them to the engine while this node leads, else says who does. */
export class SessionRouter {
  readonly #options: Required<SessionRouterOptions>;
  readonly #modules: SessionRouterModules;
  readonly #answers: Counter;
  readonly #relayGauge: Gauge;
  readonly #open = new Set<IncomingStream>();
  #relays = 0;
  #closed = false;

  /** @throws TypeError for an option out of range */
  constructor(options: SessionRouterOptions, modules: SessionRouterModules) {
    const {
      region,
      noLeaderRetryMs = 100,
      helloTimeoutMs = 5000,
      relayDialTimeoutMs = 1000,
      maxRelays = 256,
    } = options;
    within('noLeaderRetryMs', noLeaderRetryMs, 1, 60_000);
    within('helloTimeoutMs', helloTimeoutMs, 1, 600_000);
    within('relayDialTimeoutMs', relayDialTimeoutMs, 1, 60_000);
    within('maxRelays', maxRelays, 0, 65_536);
    this.#options = { region, noLeaderRetryMs, helloTimeoutMs, relayDialTimeoutMs, maxRelays };
    this.#modules = modules;
    this.#answers = modules.metrics.counter('dkron_session_hellos_total', 'Hellos of workers, by answer');
    this.#relayGauge = modules.metrics.gauge('dkron_session_relays', 'Sessions passed on to the leader');
  }

  /** A worker's stream. */
  accept(channel: SessionChannel<ToWorker>, identity: PeerIdentity): SessionReceiver<ToServer> {
    const { timers } = this.#modules;
    const stream: IncomingStream = new IncomingStream(channel, timers, this.#options.helloTimeoutMs, {
      route: (hello) => this.#route(stream, channel, hello, identity),
      ended: () => this.#open.delete(stream),
    });
    if (this.#closed) stream.end('the server stops');
    else this.#open.add(stream);
    return stream;
  }

  /** Ends every stream; later ones end at once. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end('the server stops');
  }

  #route(
    stream: IncomingStream,
    channel: SessionChannel<ToWorker>,
    hello: Hello,
    identity: PeerIdentity,
  ): SessionReceiver<ToServer> | undefined {
    const refusal = this.#refusalOf(hello, identity);
    if (refusal !== undefined) return this.#answer(stream, channel, { type: 'refuse', ...refusal });
    const leadership = this.#modules.leadership();
    if (leadership.kind === 'self') {
      this.#answers.add(1, { answer: 'accept' });
      return leadership.accept({ send: (messages) => channel.send(messages), close: (reason) => stream.end(reason) });
    }
    const retry: ToWorker = { type: 'noLeader', retryMs: this.#options.noLeaderRetryMs };
    if (leadership.kind === 'none') return this.#answer(stream, channel, retry);
    const { name, address, term } = leadership;
    if (!hello.relay) return this.#answer(stream, channel, { type: 'redirect', leader: name, address, term });
    if (this.#relays >= this.#options.maxRelays) return this.#answer(stream, channel, retry);
    return this.#relay(stream, channel, address, retry);
  }

  #refusalOf(hello: Hello, identity: PeerIdentity): { readonly code: string; readonly text: string } | undefined {
    const { region } = this.#options;
    if (hello.region !== region) {
      const text = `node ${hello.node} is of region "${hello.region}", this server of "${region}"`;
      return { code: 'region', text };
    }
    const authorized = this.#modules.authorize?.(identity, hello) ?? true;
    if (authorized === true) return undefined;
    this.#modules.logger.warn('session: not authorized', { node: hello.node, from: identity.address, authorized });
    return { code: 'unauthorized', text: authorized };
  }

  #answer(stream: IncomingStream, channel: SessionChannel<ToWorker>, message: ToWorker): undefined {
    this.#answers.add(1, { answer: message.type });
    channel.send([message]);
    stream.end(message.type);
  }

  #relay(
    stream: IncomingStream,
    channel: SessionChannel<ToWorker>,
    address: string,
    retry: ToWorker,
  ): SessionReceiver<ToServer> {
    this.#answers.add(1, { answer: 'relay' });
    this.#relayGauge.set(++this.#relays);
    const { transport, timers } = this.#modules;
    return new Relay(address, this.#options.relayDialTimeoutMs, {
      transport,
      timers,
      toWorker: (messages) => channel.send(messages),
      ended: (reason, taken) => {
        this.#relayGauge.set(--this.#relays);
        if (!taken) channel.send([retry]);
        stream.end(reason);
      },
    });
  }
}

interface StreamHooks {
  /** Undefined when the stream was answered and is over. */
  route(hello: Hello): SessionReceiver<ToServer> | undefined;
  ended(): void;
}

/** One worker's stream from its first message on. */
class IncomingStream implements SessionReceiver<ToServer> {
  readonly #channel: SessionChannel<ToWorker>;
  readonly #hooks: StreamHooks;
  readonly #timer: Cancel;
  #receiver: SessionReceiver<ToServer> | undefined;
  #over = false;

  constructor(channel: SessionChannel<ToWorker>, timers: Timers, helloTimeoutMs: number, hooks: StreamHooks) {
    this.#channel = channel;
    this.#hooks = hooks;
    this.#timer = timers.after(helloTimeoutMs, () => this.end('no hello in time'));
  }

  receive(messages: readonly ToServer[]): void {
    const [first] = messages;
    if (this.#over || first === undefined) return;
    if (this.#receiver === undefined) {
      this.#timer();
      if (first.type !== 'hello') return this.end(`${first.type} before hello`);
      this.#receiver = this.#hooks.route(first);
    }
    if (!this.#over) this.#receiver?.receive(messages);
  }

  closed(reason: string): void {
    this.end(reason);
  }

  /** Ends both sides; what was sent goes out before. */
  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer();
    this.#hooks.ended();
    this.#channel.close(reason);
    this.#receiver?.closed(reason);
  }
}
