import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import type { AcceptSession, Leadership, SessionDialerOptions, SessionServer } from '../src/index.ts';
import { SessionDialer, SessionRouter } from '../src/index.ts';
import { MemoryNetwork } from '../src/testing/index.ts';
import { End, FakeEngine, hello } from './pairs.ts';

/** A server whose word on who leads is set by hand. */
export class SteeredServer implements SessionServer {
  readonly name: string;
  readonly address: string;
  readonly engine = new FakeEngine();
  leadership: Leadership = { kind: 'none' };
  hellos = 0;
  relayed = 0;
  readonly router: SessionRouter;

  constructor(name: string, network: MemoryNetwork, time: ManualTime) {
    this.name = name;
    this.address = `${name}:6868`;
    this.engine.onReceive = (messages) => {
      if (messages[0]?.type !== 'hello') return;
      const term = 1n;
      const welcome: ToWorker = { type: 'welcome', clusterId: 'c', term, session: 's', leaseMs: 15_000, verdicts: [] };
      this.engine.channel?.send([welcome]);
    };
    this.router = new SessionRouter(
      { region: 'global' },
      {
        leadership: () => {
          this.hellos += 1;
          return this.leadership;
        },
        transport: network.transport(name),
        timers: time,
        logger: silentLogger,
        metrics: noMetrics,
      },
    );
    network.listen(this.address, this.router);
  }

  lead(): void {
    this.leadership = { kind: 'self', accept: this.engine.accept };
  }

  follow({ name, address }: SessionServer, term = 1n): void {
    this.leadership = { kind: 'other', name, address, term };
  }
}

/** A worker that says hello and remembers. */
export class FakeWorker {
  readonly ends: End<ToWorker>[] = [];
  readonly hellos: ToServer[] = [];
  region = 'global';
  readonly #time: ManualTime;

  constructor(time: ManualTime) {
    this.#time = time;
  }

  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker> {
    const end = new End<ToWorker>();
    this.ends.push(end);
    this.#time.nextTurn(() => channel.send([hello({ region: this.region })]));
    return end;
  }

  get welcomes(): number {
    return this.ends.filter((end) => end.received.some(({ type }) => type === 'welcome')).length;
  }

  /** Sessions that were welcomed and stand. */
  get standing(): number {
    return this.ends.filter((end) => end.closedWith.length === 0 && end.received.length > 0).length;
  }
}

/** An agent, servers, and the ways between them, on a clock of their own. */
export class SteeredCluster {
  readonly time = new ManualTime();
  readonly network = new MemoryNetwork(this.time);
  readonly worker = new FakeWorker(this.time);
  readonly dialer: SessionDialer;
  readonly dialedAtMs: number[] = [];
  readonly servers: SteeredServer[];
  /** What membership says. */
  known: readonly SessionServer[];
  local: AcceptSession | undefined;

  constructor(names: readonly string[], options: SessionDialerOptions = {}, seed = 1) {
    this.servers = names.map((name) => new SteeredServer(name, this.network, this.time));
    this.known = this.servers;
    const transport = this.network.transport('agent');
    this.dialer = new SessionDialer(options, {
      worker: this.worker,
      transport: {
        open: (address, events) => {
          this.dialedAtMs.push(this.time.monotonicMs());
          return transport.open(address, events);
        },
      },
      servers: () => this.known,
      local: () => this.local,
      timers: this.time,
      random: seededRandom(seed),
      logger: silentLogger,
      metrics: noMetrics,
    });
  }

  server(name: string): SteeredServer {
    return this.servers.find((server) => server.name === name)!;
  }

  /** `name` leads, the others know it. */
  elect(name: string, term = 1n): void {
    for (const server of this.servers) {
      if (server.name === name) server.lead();
      else server.follow(this.server(name), term);
    }
  }
}
