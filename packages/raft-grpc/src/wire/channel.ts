import { ChannelCredentials, Client, Metadata, ServerCredentials } from '@grpc/grpc-js';
import type { ChannelOptions, ClientDuplexStream } from '@grpc/grpc-js';
import type { AuthContext } from '@grpc/grpc-js/build/src/auth-context.js';
import type { PeerIdentity, TransportCredentials } from '@dkron/raft';
import type { CheckedOptions } from '../options.ts';

/** Largest message on a stream: a piece of a frame, or a chunk of a snapshot and what is around it. */
const MAX_MESSAGE_BYTES = 1 << 20;

/** For the server that serves the transport: dead peers are noticed, oversized messages refused. */
export function serverChannelOptions({ keepaliveMs }: { readonly keepaliveMs: number }): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveMs,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.enable_channelz': 0,
  };
}

interface DuplexMethod<Out, In> {
  readonly path: string;
  readonly requestSerialize: (message: Out) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => In;
}

/** A stream on a connection of its own: closing it closes the connection. */
export interface DialedStream<Out, In> {
  readonly call: ClientDuplexStream<Out, In>;
  identity(): PeerIdentity;
  /** Idempotent. */
  close(): void;
}

/** Opens a stream. Failures come as its status, bad addresses as an exception. */
export function dial<Out, In>(
  addr: string,
  method: DuplexMethod<Out, In>,
  options: CheckedOptions,
  credentials: TransportCredentials | undefined,
): DialedStream<Out, In> {
  const client = new Client(addr, clientCredentials(credentials), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_channelz': 0,
    // Without a buffer for retries the callback of a write says when the bytes are on their way.
    'grpc.enable_retries': 0,
    'grpc.per_rpc_retry_buffer_size': 0,
    'grpc.initial_reconnect_backoff_ms': options.maxBackoffMs,
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveMs,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': -1,
  });
  const { path, requestSerialize, responseDeserialize } = method;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
  let closed = false;
  return {
    call,
    identity: () => identityOf(call.getAuthContext(), call.getPeer()),
    close: () => {
      if (closed) return;
      closed = true;
      call.cancel();
      client.close();
    },
  };
}

/** What certificate and socket say. Names: subject alternative names without their kind, then the common name. */
export function identityOf(auth: AuthContext | null, address: string): PeerIdentity {
  const certificate = auth?.sslPeerCertificate;
  const names = (certificate?.subjectaltname ?? '')
    .split(', ')
    .filter((name) => name !== '')
    .map((name) => name.slice(name.indexOf(':') + 1));
  const common: unknown = certificate?.subject?.CN;
  if (typeof common === 'string') names.push(common);
  return names.length === 0 ? { address } : { names, address };
}

function clientCredentials(credentials: TransportCredentials | undefined): ChannelCredentials {
  if (credentials === undefined) return ChannelCredentials.createInsecure();
  const { authorities, privateKey, certificate } = credentials;
  return ChannelCredentials.createSsl(pem(authorities), pem(privateKey), pem(certificate));
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
