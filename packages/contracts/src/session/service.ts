import type { ToServer, ToWorker } from '@dkron/jobs';
import { toServerFromWire, toServerToWire, toWorkerFromWire, toWorkerToWire } from './codec.ts';

/**
 * `dkron.agent.v1.Agent` as a grpc-js service definition whose messages are batches of domain objects. For both ends:
 * `server.addService(agentSession, …)`, `client.makeBidiStreamRequest(agentSession.session.path, …)`.
 */
export const agentSession = {
  session: {
    path: '/dkron.agent.v1.Agent/Session',
    requestStream: true,
    responseStream: true,
    requestSerialize: (batch: readonly ToServer[]): Buffer => asBuffer(toServerToWire(batch)),
    requestDeserialize: (bytes: Buffer): readonly ToServer[] => toServerFromWire(bytes),
    responseSerialize: (batch: readonly ToWorker[]): Buffer => asBuffer(toWorkerToWire(batch)),
    responseDeserialize: (bytes: Buffer): readonly ToWorker[] => toWorkerFromWire(bytes),
  },
} as const;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
