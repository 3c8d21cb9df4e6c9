import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { Leadership, SessionTransport } from '../src/index.ts';
import { GrpcSessionTransport, SESSION_SERVER_OPTIONS, SessionRouter, SessionService } from '../src/index.ts';
import { MemoryNetwork } from '../src/testing/index.ts';

/** Where tests put servers. */
export interface Place {
  /** Serves sessions at a new address. */
  serve(router: (address: string) => SessionRouter): Promise<string>;
  transport(): SessionTransport;
  dispose(): Promise<void>;
}

export function routerOf(leadership: () => Leadership, transport: SessionTransport): SessionRouter {
  return new SessionRouter(
    { region: 'global', noLeaderRetryMs: 20 },
    { leadership, transport, timers: systemTimers, logger: silentLogger, metrics: noMetrics },
  );
}

export async function grpcPlace(): Promise<Place> {
  const servers: Server[] = [];
  return {
    serve: async (routerAt) => {
      const server = new Server(SESSION_SERVER_OPTIONS);
      servers.push(server);
      const routers: SessionRouter[] = [];
      const late = { accept: (...args: Parameters<SessionRouter['accept']>) => routers[0]!.accept(...args) };
      const service = new SessionService({}, { router: late as SessionRouter, timers: systemTimers });
      server.addService(service.service, service.handlers);
      const port = await new Promise<number>((resolve, reject) =>
        server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        ),
      );
      routers.push(routerAt(`127.0.0.1:${port}`));
      return `127.0.0.1:${port}`;
    },
    transport: () => new GrpcSessionTransport({}, { timers: systemTimers }),
    dispose: async () => {
      for (const server of servers) server.forceShutdown();
    },
  };
}

export async function memoryPlace(): Promise<Place> {
  const network = new MemoryNetwork(systemTimers);
  let count = 0;
  return {
    serve: async (routerAt) => {
      const address = `server-${++count}:1`;
      network.listen(address, routerAt(address));
      return address;
    },
    transport: () => network.transport('client'),
    dispose: async () => {},
  };
}

export const PLACES = { memory: memoryPlace, grpc: grpcPlace };

/** One end of a channel that remembers what came. */
export class End<In> implements SessionReceiver<In> {
  readonly received: In[] = [];
  batches = 0;
  closedWith: string[] = [];
  onReceive: (messages: readonly In[]) => void = () => {};

  receive(messages: readonly In[]): void {
    this.batches += 1;
    this.received.push(...messages);
    this.onReceive(messages);
  }

  closed(reason: string): void {
    this.closedWith.push(reason);
  }
}

/** An engine that only remembers. */
export class FakeEngine extends End<ToServer> {
  channel: SessionChannel<ToWorker> | undefined;
  accepted = 0;

  readonly accept = (channel: SessionChannel<ToWorker>): SessionReceiver<ToServer> => {
    this.accepted += 1;
    this.channel = channel;
    return this;
  };
}

export function hello(over: Partial<Extract<ToServer, { type: 'hello' }>> = {}): ToServer {
  return {
    type: 'hello',
    node: 'a1',
    region: 'global',
    boot: 'b'.repeat(32),
    journal: 'j'.repeat(32),
    clusterId: '',
    maxTerm: 0n,
    executors: ['shell'],
    slots: 8,
    items: [],
    relay: false,
    ...over,
  };
}
