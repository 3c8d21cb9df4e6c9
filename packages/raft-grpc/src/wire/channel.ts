import { ServerCredentials } from '@grpc/grpc-js';
import type { ChannelOptions } from '@grpc/grpc-js';
import type { TransportCredentials } from '@dkron/raft';

/** Largest message on a stream: a piece of a frame, or a chunk of a snapshot and what is around it. */
export const MAX_MESSAGE_BYTES = 1 << 20;

/** For the server that serves the transport: dead peers are noticed, oversized messages refused. */
export function serverChannelOptions({ keepaliveMs }: { readonly keepaliveMs: number }): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.enable_channelz': 0,
  };
}

/** Both sides show certificates, so that `authorize` knows names. */
export function serverCredentials(credentials: TransportCredentials | undefined): ServerCredentials {
  if (credentials === undefined) return ServerCredentials.createInsecure();
  const { authorities, privateKey, certificate } = credentials;
  if (privateKey === undefined || certificate === undefined) {
    throw new TypeError('credentials lack privateKey or certificate; a server needs both');
  }
  const pair = { private_key: Buffer.from(privateKey), cert_chain: Buffer.from(certificate) };
  return ServerCredentials.createSsl(pem(authorities), [pair], authorities !== undefined);
}

function pem(bytes: Uint8Array | undefined): Buffer | null {
  return bytes === undefined ? null : Buffer.from(bytes);
}
