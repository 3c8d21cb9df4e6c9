import type { ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { SESSION_SERVER_OPTIONS, SessionRouter, SessionService } from '@dkron/agent-grpc';
import type { Leadership } from '@dkron/agent-grpc';
import { encodeNodeTags } from '@dkron/cluster';
import { create } from '@dkron/gossip';
import type { GossipNode } from '@dkron/gossip';
import { newDefinition } from '@dkron/jobs';
import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';

const ambient = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  metrics: noMetrics,
};

const JOB = newDefinition({ name: 'job', schedule: '@manually', executor: 'shell' });

/** The leader's end of an agent's session, as far as a test needs it. */
export class FakeLeader {
  readonly received: ToServer[] = [];
  channel: SessionChannel<ToWorker> | undefined;
  closed = 0;
  seq = 0;

  readonly accept = (channel: SessionChannel<ToWorker>): SessionReceiver<ToServer> => {
    this.channel = channel;
    this.seq = 0;
    return {
      receive: (messages) => {
        for (const message of messages) this.#take(message);
      },
      closed: () => (this.closed += 1),
    };
  };

  of<T extends ToServer['type']>(type: T): Extract<ToServer, { type: T }>[] {
    return this.received.filter((message): message is Extract<ToServer, { type: T }> => message.type === type);
  }

  dispatch(id: string, command: string): void {
    const job = { ...JOB, executorConfig: { command, shell: 'true' } };
    const work = { id, attempt: 1, group: 1n, tick: null, job, timeoutMs: null, killGraceMs: 500 };
    this.channel?.send([{ type: 'dispatch', seq: ++this.seq, term: 1n, dispatch: work }]);
  }

  #take(message: ToServer): void {
    this.received.push(message);
    if (message.type === 'hello') {
      const welcome = {
        type: 'welcome',
        clusterId: 'c',
        term: 1n,
        session: 's',
        leaseMs: 15_000,
        verdicts: [],
      } as const;
      this.channel?.send([welcome]);
    } else if ('seq' in message && message.type !== 'ack') {
      this.channel?.send([{ type: 'ack', seq: message.seq }]);
    }
  }
}

/** A server in a pool: gossip with a server's tags, and sessions. */
export interface FakeServer {
  readonly gossip: GossipNode;
  readonly leader: FakeLeader;
  readonly rpcAddress: string;
  readonly gossipAddress: string;
  stop(): Promise<void>;
}

/** @param keys of the gossip, in base64 */
export async function fakeServer(name: string, keys: readonly string[] = []): Promise<FakeServer> {
  const leader = new FakeLeader();
  const leadership = (): Leadership => ({ kind: 'self', accept: leader.accept });
  const transport = { open: () => ({ send: () => {}, close: () => {} }) };
  const router = new SessionRouter({ region: 'global' }, { ...ambient, leadership, transport });
  const service = new SessionService({}, { router, timers: systemTimers });
  const rpc = new Server(SESSION_SERVER_OPTIONS);
  rpc.addService(service.service as ServiceDefinition, service.handlers);
  const port = await new Promise<number>((resolve, reject) =>
    rpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const facts = { region: 'global', datacenter: 'dc1', version: '4.1.2', server: true, expect: 1, user: {} };
  const tags = encodeNodeTags({ ...facts, rpc: { ip: '127.0.0.1', port } });
  const gossip = create({ name, bindIp: '127.0.0.1', bindPort: 0, profile: 'local', tags, keys }, ambient);
  await gossip.start();
  return {
    gossip,
    leader,
    rpcAddress: `127.0.0.1:${port}`,
    gossipAddress: `127.0.0.1:${gossip.address.port}`,
    stop: async () => {
      await gossip.stop();
      rpc.forceShutdown();
    },
  };
}
