import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Timers } from '@dkron/runtime';
import { decodeBrokerId, encodeBrokerId } from '../wire/broker.ts';
import { concatBytes } from '@dkron/runtime';
import type { GobSchema } from '../wire/gob/types.ts';
import { GobTypeRegistry } from '../wire/gob/registry.ts';
import type { Handshake } from '../wire/handshake.ts';
import type { PluginExecution, ProcessorArgs } from '../wire/processor.ts';
import { executionFromGob, PROCESSOR_ARGS_SCHEMA, processorArgsToGob } from '../wire/processor.ts';
import { causeText, PluginError } from '../errors.ts';
import { RpcCaller } from './rpc-caller.ts';
import { YamuxConnection } from '../yamux-connection.ts';
import type { PluginSession, PrintedOutput } from './session.ts';

export interface ProcessorSessionOptions {
  readonly handshake: Handshake;
  /** Of one answer. */
  readonly messageBytesMax: number;
  readonly connectTimeoutMs: number;
}

export interface ProcessorSessionModules {
  readonly timers: Timers;
  readonly printed: PrintedOutput;
}

const ID_BYTES = 4;
const QUIT_MS = 1_000;
const BOOL: GobSchema = { kind: 'bool' };
const STRING: GobSchema = { kind: 'string' };

/** Calls of one processor: net/rpc in streams of yamux. */
export class ProcessorSession implements PluginSession {
  readonly broken: Promise<Error>;
  readonly #connection: YamuxConnection;
  readonly #registry = new GobTypeRegistry();
  readonly #options: ProcessorSessionOptions;
  readonly #timers: Timers;
  readonly #control: RpcCaller;
  #processor: RpcCaller | undefined;

  private constructor(socket: Socket, options: ProcessorSessionOptions, { timers, printed }: ProcessorSessionModules) {
    this.#options = options;
    this.#timers = timers;
    this.#connection = new YamuxConnection(socket, 'client', timers);
    this.broken = this.#connection.closed;
    // In this order: it is what tells them apart.
    this.#control = this.#caller();
    for (const stderr of [false, true]) {
      this.#connection.open((bytes) => (bytes.length === 0 ? undefined : printed(bytes, stderr)));
    }
  }

  /** Rejects with {@link PluginError} when nobody answers there as a processor does. */
  static async connect(options: ProcessorSessionOptions, modules: ProcessorSessionModules): Promise<ProcessorSession> {
    const { connectTimeoutMs, handshake } = options;
    const socket = await connected(handshake, connectTimeoutMs, modules.timers);
    const session = new ProcessorSession(socket, options, modules);
    try {
      session.#processor = await session.#within(connectTimeoutMs, 'dispense', session.#dispense());
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Rejects with {@link PluginError}. What is answered after an abort is dropped. */
  async process(args: ProcessorArgs, signal: AbortSignal): Promise<PluginExecution> {
    const processor = this.#processor!;
    return executionFromGob(
      await processor.call('Plugin.Process', PROCESSOR_ARGS_SCHEMA, processorArgsToGob(args), signal),
    );
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.#within(timeoutMs, 'Control.Ping', this.#control.call('Control.Ping', BOOL, true));
  }

  async shutdown(): Promise<void> {
    // It may end before it has answered.
    await this.#within(QUIT_MS, 'Control.Quit', this.#control.call('Control.Quit', BOOL, true)).catch(() => undefined);
  }

  close(): void {
    this.#connection.close();
  }

  #caller(): RpcCaller {
    const caller = new RpcCaller({ messageBytesMax: this.#options.messageBytesMax }, this.#registry);
    const streamId = this.#connection.open((bytes) => this.#hear(caller, bytes));
    caller.attach((bytes) => this.#connection.write(streamId, bytes), this.broken);
    return caller;
  }

  /** An answer that cannot be read makes all that follow unreadable. */
  #hear(caller: RpcCaller, bytes: Uint8Array): void {
    try {
      caller.receive(bytes);
    } catch (error) {
      this.#connection.fail(new PluginError('PLUGIN_CALL', `its answer cannot be read: ${causeText(error)}`));
    }
  }

  async #dispense(): Promise<RpcCaller> {
    const id = await this.#control.call('Dispenser.Dispense', STRING, 'processor');
    if (typeof id !== 'bigint' || BigInt.asUintN(32, id) !== id) {
      throw new PluginError('PLUGIN_START', 'its answer to Dispenser.Dispense is no broker id');
    }
    return this.#brokered(Number(id));
  }

  /** A stream that begins with its number, which the plugin says back. */
  #brokered(id: number): Promise<RpcCaller> {
    const { promise, resolve, reject } = Promise.withResolvers<RpcCaller>();
    const caller = new RpcCaller({ messageBytesMax: this.#options.messageBytesMax }, this.#registry);
    let head: Uint8Array | undefined = new Uint8Array();
    const streamId = this.#connection.open((bytes) => {
      if (head === undefined) return this.#hear(caller, bytes);
      head = concatBytes([head, bytes]);
      if (bytes.length === 0) return reject(new PluginError('PLUGIN_START', 'it closed the stream of its processor'));
      if (head.length < ID_BYTES) return;
      const answered = decodeBrokerId(head.subarray(0, ID_BYTES));
      const rest = head.subarray(ID_BYTES);
      head = undefined;
      if (answered !== id) return reject(new PluginError('PLUGIN_START', `it said broker id ${answered}, not ${id}`));
      caller.attach((more) => this.#connection.write(streamId, more), this.broken);
      if (rest.length > 0) this.#hear(caller, rest);
      resolve(caller);
    });
    this.#connection.write(streamId, encodeBrokerId(id));
    return promise;
  }

  async #within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const text = `it did not answer to ${what} within ${timeoutMs} ms`;
    const cancel = this.#timers.after(timeoutMs, () => late.reject(new PluginError('PLUGIN_CALL', text)));
    const broken = this.broken.then((error) => Promise.reject(error));
    try {
      return await Promise.race([work, late.promise, broken]);
    } finally {
      cancel();
    }
  }
}

function connected({ network, address }: Handshake, timeoutMs: number, timers: Timers): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replaceAll(/[[\]]/g, '');
  const socket = connect(network === 'unix' ? { path: address } : { host, port: Number(address.slice(at + 1)) });
  const refuse = (cause?: Error): void => {
    socket.destroy();
    reject(new PluginError('PLUGIN_START', `nobody answers at ${address}`, {}, { cause }));
  };
  const cancel = timers.after(timeoutMs, refuse);
  socket.once('error', refuse);
  socket.once('connect', () => {
    cancel();
    socket.off('error', refuse);
    resolve(socket);
  });
  return promise;
}
