import type { Transport } from '@dkron/raft';
import type { TransportPlace } from '@dkron/raft/testing';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemTimers } from '@dkron/runtime/system';
import { seededRandom } from '@dkron/runtime/testing';
import type { GrpcRaftTransportModules } from '../src/options.ts';
import { GrpcRaftTransport } from '../src/transport.ts';

/** Ambient modules of tests: real time, chance from a seed. */
export function testModules(): GrpcRaftTransportModules {
  return {
    clock: systemClock,
    timers: systemTimers,
    random: seededRandom(1),
    logger: silentLogger,
    metrics: noMetrics,
  };
}

/** Transports on real sockets of the loopback interface. */
export async function makePlace(): Promise<TransportPlace> {
  const made: GrpcRaftTransport[] = [];
  // A port that was free a moment ago and that nobody is given again so soon.
  const closed = new GrpcRaftTransport({ id: 'nobody' }, testModules());
  const deadAddr = await closed.listen({ host: '127.0.0.1', port: 0 });
  await closed.close();
  return {
    make: async (id, addr): Promise<Transport> => {
      const transport = new GrpcRaftTransport({ id, minBackoffMs: 5, maxBackoffMs: 50 }, testModules());
      made.push(transport);
      const port = addr === undefined ? 0 : Number(addr.slice(addr.lastIndexOf(':') + 1));
      await transport.listen({ host: '127.0.0.1', port });
      return transport;
    },
    deadAddr: () => deadAddr,
    overWire: true,
    dispose: async () => {
      await Promise.all(made.map((transport) => transport.close()));
    },
  };
}
