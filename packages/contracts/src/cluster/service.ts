import type { Description, PledgeAnswer, PledgeRequest } from '@dkron/cluster';
import { decode, encode, message, type Message } from '../wire/message.ts';
import { description, pledgeAnswer, pledgeRequest } from './messages.ts';

/** A newer peer may send fields that we do not know yet. */
const LENIENT = { strict: false } as const;
const nothing: Message<object> = message('DescribeRequest', {});

/**
 * `dkron.cluster.v1.ClusterService` as a grpc-js service definition whose messages are the domain objects of
 * `@dkron/cluster`. For both ends: `server.addService(clusterService, …)`,
 * `client.makeUnaryRequest(clusterService.describe.path, …)`. Agents serve `describe` only.
 */
export const clusterService = {
  describe: {
    path: '/dkron.cluster.v1.ClusterService/Describe',
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: object): Buffer => asBuffer(encode(nothing, request)),
    requestDeserialize: (bytes: Buffer): object => decode(nothing, bytes, LENIENT),
    responseSerialize: (answer: Description): Buffer => asBuffer(encode(description, answer)),
    responseDeserialize: (bytes: Buffer): Description => decode(description, bytes, LENIENT),
  },
  pledge: {
    path: '/dkron.cluster.v1.ClusterService/Pledge',
    requestStream: false,
    responseStream: false,
    requestSerialize: (request: PledgeRequest): Buffer => asBuffer(encode(pledgeRequest, request)),
    requestDeserialize: (bytes: Buffer): PledgeRequest => decode(pledgeRequest, bytes, LENIENT),
    responseSerialize: (answer: PledgeAnswer): Buffer => asBuffer(encode(pledgeAnswer, answer)),
    responseDeserialize: (bytes: Buffer): PledgeAnswer => decode(pledgeAnswer, bytes, LENIENT),
  },
} as const;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
