import { Buffer } from 'node:buffer';
import type { ServiceError } from '@grpc/grpc-js';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { Handshake } from '../wire/handshake.ts';
import type { ConnInfo, StdioData } from '../wire/grpc/messages.ts';
import { connInfoCodec, stdioDataCodec } from '../wire/grpc/messages.ts';
import { BROKER_PATH, HEALTH_CHECK_PATH, SHUTDOWN_PATH, STDIO_PATH } from '../settings.ts';
import { PluginError } from '../errors.ts';
import type { PluginSession, PrintedOutput } from './session.ts';
import type { MessageFeed, UnaryError } from './plain-http2.ts';
import { PlainHttp2 } from './plain-http2.ts';

export interface GrpcConnectionOptions {
  readonly handshake: Handshake;
  /** Of one answer. */
  readonly messageBytesMax: number;
  readonly connectTimeoutMs: number;
}

const SHUTDOWN_MS = 1_000;
/** `service: "plugin"`, field 1 of HealthCheckRequest. */
const HEALTH_REQUEST = Buffer.concat([Buffer.of(0x0a, 6), Buffer.from('plugin')]);
/** `status: SERVING`, field 1 of HealthCheckResponse. */
const SERVING = '0801';
const NOTHING = Buffer.alloc(0);

const asBytes = (bytes: Buffer): Buffer => bytes;
const readStdio = (bytes: Buffer): StdioData => stdioDataCodec.decode(bytes);

/** What plugins that speak gRPC have in common: health, end, what they print, and the broker's stream. */
export class GrpcConnection implements PluginSession {
  readonly broken: Promise<Error>;
  /** For what is called often. */
  readonly calls: PlainHttp2;
  readonly #client: Client;
  readonly #broker: MessageFeed<ConnInfo>;
  readonly #break: (error: Error) => void;
  #hasBroker = true;

  private constructor(client: Client, { handshake, messageBytesMax }: GrpcConnectionOptions, printed: PrintedOutput) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.broken = promise;
    this.#break = resolve;
    this.#client = client;
    this.calls = new PlainHttp2(handshake, messageBytesMax);
    this.#openStdio(printed);
    this.#broker = this.#openBroker();
  }

  /** Rejects with {@link PluginError} when nobody answers there. */
  static async connect(options: GrpcConnectionOptions, printed: PrintedOutput): Promise<GrpcConnection> {
    const { handshake, messageBytesMax, connectTimeoutMs } = options;
    const target = handshake.network === 'unix' ? `unix:${handshake.address}` : handshake.address;
    const client = new Client(target, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      'grpc.enable_channelz': 0,
      'grpc.enable_retries': 0,
      'grpc.max_receive_message_length': messageBytesMax,
      'grpc.max_send_message_length': -1,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
    });
    try {
      await new Promise<void>((resolve, reject) => {
        client.waitForReady(Date.now() + connectTimeoutMs, (error) => (error ? reject(error) : resolve()));
      });
    } catch (cause) {
      client.close();
      throw new PluginError('PLUGIN_START', `nobody answers at ${handshake.address}`, {}, { cause });
    }
    return new GrpcConnection(client, options, printed);
  }

  /** False once a plugin has said that it has none. */
  get hasBroker(): boolean {
    return this.#hasBroker;
  }

  announce(offer: ConnInfo): void {
    this.#broker.write(offer);
  }

  async ping(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const answer = await new Promise<string>((resolve, reject) => {
      this.#client.makeUnaryRequest(
        HEALTH_CHECK_PATH,
        asBytes,
        asBytes,
        HEALTH_REQUEST,
        { deadline } as never,
        (error: ServiceError | null, value?: Buffer) => (error ? reject(error) : resolve(value!.toString('hex'))),
      );
    });
    if (answer !== SERVING) throw new PluginError('PLUGIN_CALL', `its health is ${answer || 'unknown'}`);
  }

  async shutdown(): Promise<void> {
    const options = { deadline: Date.now() + SHUTDOWN_MS };
    await new Promise<void>((resolve) => {
      // Plugins in Go end without an answer.
      this.#client.makeUnaryRequest(SHUTDOWN_PATH, asBytes, asBytes, NOTHING, options as never, () => resolve());
    });
  }

  close(): void {
    this.#broker.cancel();
    this.#client.close();
    this.calls.close();
  }

  /** On the connection of the calls: an announcement goes out with the call that it is for. */
  #openBroker(): MessageFeed<ConnInfo> {
    return this.calls.feed(BROKER_PATH, connInfoCodec, (error?: UnaryError) => {
      if (error?.code === status.UNIMPLEMENTED) this.#hasBroker = false;
      else if (error) this.#break(new PluginError('PLUGIN_CRASHED', `its broker ended: ${error.details}`));
      else this.#break(new PluginError('PLUGIN_CRASHED', 'it ended the stream of its broker'));
    });
  }

  #openStdio(printed: PrintedOutput): void {
    const stream = this.#client.makeServerStreamRequest(STDIO_PATH, asBytes, readStdio, NOTHING);
    stream.on('data', ({ channel, data }: StdioData) => {
      if (channel !== 1 && channel !== 2) return;
      const waits = printed(data, channel === 2);
      if (!waits) return;
      stream.pause();
      void waits.then(() => stream.resume());
    });
    // Older plugins do not have it.
    stream.on('error', () => {});
  }
}
