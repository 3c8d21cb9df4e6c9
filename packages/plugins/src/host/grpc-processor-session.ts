import { PROCESS_PATH } from '../settings.ts';
import { processRequestCodec, processResponseCodec } from '../wire/grpc/processor-messages.ts';
import type { PluginExecution, ProcessorArgs } from '../wire/processor.ts';
import type { GrpcConnectionOptions } from './grpc-connection.ts';
import { GrpcConnection } from './grpc-connection.ts';
import type { PluginSession, PrintedOutput } from './session.ts';

const PROCESS = { request: processRequestCodec, response: processResponseCodec };

/** Calls of one processor that speaks gRPC: version 2 of the application's protocol, which is ours alone. */
export class GrpcProcessorSession implements PluginSession {
  readonly broken: Promise<Error>;
  readonly #connection: GrpcConnection;

  private constructor(connection: GrpcConnection) {
    this.broken = connection.broken;
    this.#connection = connection;
  }

  /** Rejects with `PluginError` when nobody answers there. */
  static async connect(options: GrpcConnectionOptions, printed: PrintedOutput): Promise<GrpcProcessorSession> {
    return new GrpcProcessorSession(await GrpcConnection.connect(options, printed));
  }

  /** Rejects with an error of gRPC. An abort is told to the plugin. */
  async process(args: ProcessorArgs, signal: AbortSignal): Promise<PluginExecution> {
    const { message } = await this.#connection.calls.call(PROCESS_PATH, PROCESS, args, signal);
    return message.execution;
  }

  ping(timeoutMs: number): Promise<void> {
    return this.#connection.ping(timeoutMs);
  }

  shutdown(): Promise<void> {
    return this.#connection.shutdown();
  }

  close(): void {
    this.#connection.close();
  }
}
