import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Timers } from '@dkron/runtime';
import { BrokerIds } from '../wire/broker.ts';
import type { PluginExecuteRequest, PluginExecuteResponse, StatusUpdate } from '../wire/grpc/messages.ts';
import { executeRequestCodec, executeResponseCodec } from '../wire/grpc/messages.ts';
import { EXECUTE_PATHS, STATUS_SERVER_TRAILER, UNUSED } from '../settings.ts';
import type { CallbackListener } from './callbacks.ts';
import { Callbacks } from './callbacks.ts';
import type { GrpcConnectionOptions } from './grpc-connection.ts';
import { GrpcConnection } from './grpc-connection.ts';
import type { UnaryAnswer } from './plain-http2.ts';
import type { PluginSession, PrintedOutput } from './session.ts';

export interface ExecutorSessionOptions extends GrpcConnectionOptions {
  /** For the sockets of callbacks. */
  readonly directory: string;
}

export interface ExecutorSessionModules {
  readonly timers: Timers;
  readonly printed: PrintedOutput;
}

const UPDATE_BYTES_MAX = 4 * 1_048_576;
const UPDATES_PER_SECOND_MAX = 1_000;
const EXECUTE = { request: executeRequestCodec, response: executeResponseCodec };

/** Calls of one executor: gRPC, and its progress through the broker. */
export class ExecutorSession implements PluginSession {
  readonly broken: Promise<Error>;
  readonly #connection: GrpcConnection;
  readonly #callbacks: Callbacks;
  readonly #ids = new BrokerIds();
  /** What it serves is learned with the first call. */
  #pathIndex = 0;

  private constructor(connection: GrpcConnection, directory: string, timers: Timers) {
    this.broken = connection.broken;
    this.#connection = connection;
    const limits = { updateBytesMax: UPDATE_BYTES_MAX, updatesPerSecondMax: UPDATES_PER_SECOND_MAX };
    this.#callbacks = new Callbacks(limits, { timers, directory });
  }

  /** Rejects with `PluginError` when nobody answers there. */
  static async connect(
    options: ExecutorSessionOptions,
    { timers, printed }: ExecutorSessionModules,
  ): Promise<ExecutorSession> {
    return new ExecutorSession(await GrpcConnection.connect(options, printed), options.directory, timers);
  }

  /** Rejects with an error of gRPC or a `PluginError`. */
  async execute(
    request: Omit<PluginExecuteRequest, 'statusServer'>,
    progress: (update: StatusUpdate) => void,
    signal: AbortSignal,
  ): Promise<PluginExecuteResponse> {
    const statusServer = this.#connection.hasBroker ? this.#ids.next() : 0;
    let listener: CallbackListener | undefined;
    if (this.#connection.hasBroker) {
      listener = await this.#callbacks.listen(progress);
      this.#connection.announce({ serviceId: statusServer, network: 'unix', address: listener.address });
    }
    let isUnused = false;
    try {
      const { message, trailers } = await this.#call({ ...request, statusServer }, signal);
      isUnused = trailers[STATUS_SERVER_TRAILER] === UNUSED;
      return message;
    } finally {
      listener?.close(isUnused);
    }
  }

  ping(timeoutMs: number): Promise<void> {
    return this.#connection.ping(timeoutMs);
  }

  shutdown(): Promise<void> {
    return this.#connection.shutdown();
  }

  close(): void {
    this.#connection.close();
    this.#callbacks.close();
  }

  async #call(request: PluginExecuteRequest, signal: AbortSignal): Promise<UnaryAnswer<PluginExecuteResponse>> {
    for (;;) {
      const index = this.#pathIndex;
      try {
        return await this.#connection.calls.call(EXECUTE_PATHS[index]!, EXECUTE, request, signal);
      } catch (error) {
        const isUnknown = (error as Partial<ServiceError>).code === status.UNIMPLEMENTED;
        if (!isUnknown || index + 1 >= EXECUTE_PATHS.length) throw error;
        this.#pathIndex = Math.max(this.#pathIndex, index + 1);
      }
    }
  }
}
