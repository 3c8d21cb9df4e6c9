import { Buffer } from 'node:buffer';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Client, credentials, status } from '@grpc/grpc-js';
import type { Timers } from '@dkron/runtime';
import { BrokerIds } from '../wire/broker.ts';
import type { Handshake } from '../wire/handshake.ts';
import type {
  ConnInfo,
  MessageCodec,
  PluginExecuteRequest,
  PluginExecuteResponse,
  StatusUpdate,
} from '../wire/grpc/messages.ts';
import { connInfoCodec, executeRequestCodec, executeResponseCodec, stdioDataCodec } from '../wire/grpc/messages.ts';
import { BROKER_PATH, EXECUTE_PATHS, HEALTH_CHECK_PATH, SHUTDOWN_PATH, STDIO_PATH } from '../settings.ts';
import { causeText, PluginError } from '../errors.ts';
import type { CallbackListener } from './callbacks.ts';
import { Callbacks } from './callbacks.ts';
import type { PluginSession, PrintedOutput } from './session.ts';
import { UnaryHttp2 } from './unary-http2.ts';

export interface ExecutorSessionOptions {
  readonly handshake: Handshake;
  /** For the sockets of callbacks. */
  readonly directory: string;
  /** Of one answer. */
  readonly messageBytesMax: number;
  readonly connectTimeoutMs: number;
}

export interface ExecutorSessionModules {
  readonly timers: Timers;
  readonly printed: PrintedOutput;
}

const UPDATE_BYTES_MAX = 4 * 1_048_576;
const UPDATES_PER_SECOND_MAX = 1_000;
const SHUTDOWN_MS = 1_000;
/** `service: "plugin"`, field 1 of HealthCheckRequest. */
const HEALTH_REQUEST = Buffer.concat([Buffer.of(0x0a, 6), Buffer.from('plugin')]);
/** `status: SERVING`, field 1 of HealthCheckResponse. */
const SERVING = '0801';
const NOTHING = Buffer.alloc(0);
const EXECUTE = { request: executeRequestCodec, response: executeResponseCodec };

const asBytes = (bytes: Buffer): Buffer => bytes;
const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
const writer =
  <T>(codec: MessageCodec<T>) =>
  (message: T): Buffer =>
    toBuffer(codec.encode(message));
const reader =
  <T>(codec: MessageCodec<T>) =>
  (bytes: Buffer): T =>
    codec.decode(bytes);

/** Calls of one executor: gRPC, and its progress through the broker. */
export class ExecutorSession implements PluginSession {
  readonly broken: Promise<Error>;
  readonly #client: Client;
  /** For what is called often. */
  readonly #calls: UnaryHttp2;
  readonly #callbacks: Callbacks;
  readonly #ids = new BrokerIds();
  readonly #broker: ClientDuplexStream<ConnInfo, ConnInfo>;
  readonly #break: (error: Error) => void;
  /** What it serves is learned with the first call. */
  #pathIndex = 0;
  #hasBroker = true;

  private constructor(
    client: Client,
    { directory, handshake, messageBytesMax }: ExecutorSessionOptions,
    modules: ExecutorSessionModules,
  ) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.broken = promise;
    this.#break = resolve;
    this.#client = client;
    this.#calls = new UnaryHttp2(handshake, messageBytesMax);
    const limits = { updateBytesMax: UPDATE_BYTES_MAX, updatesPerSecondMax: UPDATES_PER_SECOND_MAX };
    this.#callbacks = new Callbacks(limits, { timers: modules.timers, directory });
    this.#openStdio(modules.printed);
    this.#broker = this.#openBroker();
  }

  /** Rejects with {@link PluginError} when nobody answers there. */
  static async connect(options: ExecutorSessionOptions, modules: ExecutorSessionModules): Promise<ExecutorSession> {
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
    return new ExecutorSession(client, options, modules);
  }

  /** Rejects with an error of gRPC or a {@link PluginError}. */
  async execute(
    request: Omit<PluginExecuteRequest, 'statusServer'>,
    progress: (update: StatusUpdate) => void,
    signal: AbortSignal,
  ): Promise<PluginExecuteResponse> {
    const statusServer = this.#hasBroker ? this.#ids.next() : 0;
    let listener: CallbackListener | undefined;
    if (this.#hasBroker) {
      listener = await this.#callbacks.listen(progress);
      this.#broker.write({ serviceId: statusServer, network: 'unix', address: listener.address });
    }
    try {
      return await this.#call({ ...request, statusServer }, signal);
    } finally {
      listener?.close();
    }
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
    this.#calls.close();
    this.#callbacks.close();
  }

  async #call(request: PluginExecuteRequest, signal: AbortSignal): Promise<PluginExecuteResponse> {
    for (;;) {
      const index = this.#pathIndex;
      try {
        return await this.#calls.call(EXECUTE_PATHS[index]!, EXECUTE, request, signal);
      } catch (error) {
        const isUnknown = (error as Partial<ServiceError>).code === status.UNIMPLEMENTED;
        if (!isUnknown || index + 1 >= EXECUTE_PATHS.length) throw error;
        this.#pathIndex = Math.max(this.#pathIndex, index + 1);
      }
    }
  }

  #openBroker(): ClientDuplexStream<ConnInfo, ConnInfo> {
    const stream = this.#client.makeBidiStreamRequest(BROKER_PATH, writer(connInfoCodec), reader(connInfoCodec));
    // Nothing of the plugin's announcements is used.
    stream.on('data', () => {});
    stream.on('error', (error: ServiceError) => {
      if (error.code === status.UNIMPLEMENTED) this.#hasBroker = false;
      else this.#break(new PluginError('PLUGIN_CRASHED', `the connection broke: ${causeText(error)}`));
    });
    stream.on('end', () => {
      if (this.#hasBroker) this.#break(new PluginError('PLUGIN_CRASHED', 'it ended the stream of its broker'));
    });
    return stream;
  }

  #openStdio(printed: PrintedOutput): void {
    const stream = this.#client.makeServerStreamRequest(STDIO_PATH, asBytes, reader(stdioDataCodec), NOTHING);
    stream.on('data', ({ channel, data }: { channel: number; data: Uint8Array }) => {
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
