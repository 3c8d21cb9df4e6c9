import type { Client, Metadata, ServiceError } from '@grpc/grpc-js';
import type { GoogleAuth } from 'google-auth-library';
import type { ConnectionSource } from '../kit/connection-pool.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { peerPackage } from '../kit/peer-package.ts';
import { SocketScope } from '../kit/socket-scope.ts';
import type { PubsubSettings } from './settings.ts';

const grpc = peerPackage('gcppubsub', '@grpc/grpc-js', () => import('@grpc/grpc-js'));
const protobuf = peerPackage('gcppubsub', '@bufbuild/protobuf', () => import('./messages.ts'));
const authLibrary = peerPackage('gcppubsub', 'google-auth-library', () => import('google-auth-library'));

const HOST = 'pubsub.googleapis.com:443';
const SCOPE = 'https://www.googleapis.com/auth/pubsub';
const PATH = '/google.pubsub.v1.Publisher/Publish';

/** Where messages go: a host, and whether it is an emulator, which knows no credentials. */
export interface PubsubTarget {
  readonly host: string;
  readonly emulator: boolean;
}

export interface PubsubService {
  /** Resolves with the id that the service gave the message. */
  publish(settings: PubsubSettings, signal: AbortSignal): Promise<string>;
  close(): void;
}

/** The emulator that the environment of the node names, else the service of Google. */
export function targetOf(env: Readonly<Record<string, string | undefined>>): PubsubTarget {
  const emulator = env['PUBSUB_EMULATOR_HOST'] ?? '';
  if (emulator === '') return { host: HOST, emulator: false };
  return { host: emulator.replace(/^http:\/\//, '').replace(/\/+$/, ''), emulator: true };
}

export function pubsubSource(target: PubsubTarget): ConnectionSource<PubsubService> {
  return { open: () => open(target), close: (service) => service.close() };
}

async function open({ host, emulator }: PubsubTarget): Promise<PubsubService> {
  const { Client, Metadata, credentials } = await grpc();
  const codec = await protobuf();
  const inScope = SocketScope.keep();
  const auth = emulator ? undefined : await defaultCredentials();
  const client = new Client(host, emulator ? credentials.createInsecure() : credentials.createSsl(), {
    'grpc.enable_http_proxy': emulator ? 0 : 1,
    'grpc.service_config_disable_resolution': 1,
    // Sockets end with this channel.
    'grpc.use_local_subchannel_pool': 1,
  });
  return {
    publish: async ({ topic, message }, signal) => {
      const metadata = new Metadata();
      if (auth !== undefined) await authorize(auth, metadata);
      metadata.set('x-goog-request-params', `topic=${encodeURIComponent(topic)}`);
      signal.throwIfAborted();
      const answer = await inScope(() => call(client, codec.encodePublish(topic, message), metadata, signal));
      const [id] = codec.decodePublished(answer);
      if (id === undefined) throw new AttemptError('gcppubsub: the service gave the message no id');
      return id;
    },
    close: () => client.close(),
  };
}

async function defaultCredentials(): Promise<GoogleAuth> {
  const { GoogleAuth: Auth } = await authLibrary();
  return new Auth({ scopes: [SCOPE] });
}

/** Tokens are kept, and made anew, by the library. */
async function authorize(auth: GoogleAuth, metadata: Metadata): Promise<void> {
  let headers: Headers;
  try {
    headers = await auth.getRequestHeaders();
  } catch (cause) {
    const text = `gcppubsub: no default credentials: ${(cause as Error).message}`;
    throw new AttemptError(text, 'executor', { cause });
  }
  headers.forEach((value, name) => metadata.set(name, value));
}

function call(client: Client, request: Buffer, metadata: Metadata, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asIs = (bytes: Buffer): Buffer => bytes;
    const done = (error: ServiceError | null, answer?: Buffer): void => {
      signal.removeEventListener('abort', cancel);
      if (error === null) resolve(answer ?? Buffer.alloc(0));
      else reject(new AttemptError(`gcppubsub: ${error.details || error.message}`, 'executor', { cause: error }));
    };
    const unary = client.makeUnaryRequest(PATH, asIs, asIs, request, metadata, done);
    const cancel = (): void => unary.cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}
