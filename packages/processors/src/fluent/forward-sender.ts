import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Cancel, Random, Timers } from '@dkron/runtime';
import { Backoff } from '@dkron/runtime';
import { textOf } from '../sink.ts';
import { readAcks } from './forward-codec.ts';

/** Where events go and how many are kept for it. */
export interface ForwardSenderOptions {
  readonly host: string;
  readonly port: number;
  /** Events that wait for an acknowledgement. @default 10000 */
  readonly eventsMax?: number;
  /** Their bytes. @default 16777216 */
  readonly bytesMax?: number;
  /** A receiver that acknowledges nothing for so long is left and tried again, in milliseconds. @default 10000 */
  readonly ackMs?: number;
}

interface Entry {
  readonly chunk: string;
  readonly bytes: Uint8Array;
  /** Tells who waits; what is sent again after a failure has nobody any more. */
  settle: ((error?: Error) => void) | undefined;
}

const EVENTS_MAX = 10_000;
const BYTES_MAX = 16_777_216;
const ACK_MS = 10_000;
const IDLE_MS = 60_000;
const WAITS = { minMs: 250, maxMs: 15_000 };

/**
 * Sends events over one connection and keeps each until it is acknowledged: what was not is sent again after the connection
 * broke, in the same order, so that the receiver may get some of them twice.
 */
export class ForwardSender {
  readonly #host: string;
  readonly #port: number;
  readonly #eventsMax: number;
  readonly #bytesMax: number;
  readonly #ackMs: number;
  readonly #timers: Timers;
  readonly #backoff: Backoff;
  /** In the order of their sending. */
  readonly #kept = new Map<string, Entry>();
  #keptBytes = 0;
  #socket: Socket | undefined;
  /** Why the last connection broke; undefined once something was acknowledged. */
  #broken: Error | undefined;
  #cancelRetry: Cancel | undefined;
  #cancelWatch: Cancel = () => {};
  #closed = false;

  constructor(options: ForwardSenderOptions, modules: { readonly timers: Timers; readonly random: Random }) {
    this.#host = options.host;
    this.#port = options.port;
    this.#eventsMax = options.eventsMax ?? EVENTS_MAX;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#ackMs = options.ackMs ?? ACK_MS;
    this.#timers = modules.timers;
    this.#backoff = new Backoff(WAITS, modules);
  }

  /** Events that are not acknowledged yet. */
  get size(): number {
    return this.#kept.size;
  }

  /**
   * Resolves when the event is acknowledged. Rejects at once when there is no room for it, and when the receiver cannot be
   * reached: then it is kept and sent later all the same. An event whose chunk is kept already replaces it.
   */
  async send(chunk: string, bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw new Error('the node is stopping');
    const known = this.#kept.has(chunk);
    if (!known && (this.#kept.size >= this.#eventsMax || this.#keptBytes + bytes.length > this.#bytesMax)) {
      const why = this.#broken === undefined ? '' : `: ${textOf(this.#broken)}`;
      throw new Error(`dropped, as ${this.#kept.size} events wait for ${this.#host}:${this.#port}${why}`);
    }
    const acknowledged = new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => (error ? reject(error) : resolve());
      if (known) this.#kept.get(chunk)!.settle = settle;
      else this.#add({ chunk, bytes, settle });
    });
    if (this.#broken !== undefined) this.#giveUp(this.#broken);
    else if (this.#socket === undefined) this.#open();
    else if (!known) this.#socket.write(bytes);
    await acknowledged;
  }

  /** What is kept is lost. @returns how many events */
  close(): number {
    this.#closed = true;
    const lost = this.#kept.size;
    this.#giveUp(new Error('the node is stopping'));
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#cancelRetry?.();
    this.#drop();
    return lost;
  }

  #add(entry: Entry): void {
    this.#kept.set(entry.chunk, entry);
    this.#keptBytes += entry.bytes.length;
    if (this.#kept.size === 1) this.#watch();
  }

  #open(): void {
    const socket = connect({ host: this.#host, port: this.#port });
    this.#socket = socket;
    // Nothing that waits here keeps the node from ending.
    socket.unref();
    socket.setNoDelay(true);
    let cause = new Error('the receiver closed the connection');
    socket.on('error', (error) => (cause = error));
    socket.on('close', () => this.#lost(socket, cause));
    this.#watch();
    // Written before it is connected: the socket keeps it until then.
    for (const { bytes } of this.#kept.values()) socket.write(bytes);
    void this.#listen(socket).catch((error: unknown) => {
      cause = error as Error;
      socket.destroy();
    });
  }

  async #listen(socket: Socket): Promise<void> {
    for await (const chunk of readAcks(socket)) this.#acknowledged(chunk);
  }

  #acknowledged(chunk: string): void {
    const entry = this.#kept.get(chunk);
    if (entry === undefined) return;
    this.#kept.delete(chunk);
    this.#keptBytes -= entry.bytes.length;
    this.#broken = undefined;
    this.#backoff.reset();
    this.#watch();
    entry.settle?.();
  }

  /** Leaves a receiver that says nothing, and a connection that nobody uses. */
  #watch(): void {
    this.#cancelWatch();
    const waiting = this.#kept.size > 0;
    this.#cancelWatch = this.#timers.after(waiting ? this.#ackMs : IDLE_MS, () => {
      const late = new Error(`no acknowledgement within ${this.#ackMs} ms`);
      if (waiting) this.#socket?.destroy(late);
      else this.#drop();
    });
  }

  #drop(): void {
    this.#cancelWatch();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #lost(socket: Socket, cause: Error): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.#kept.size === 0 || this.#closed) return;
    this.#broken = new Error(`${this.#host}:${this.#port}`, { cause });
    this.#giveUp(this.#broken);
    this.#cancelRetry?.();
    this.#cancelRetry = this.#timers.after(this.#backoff.next(), () => this.#open());
  }

  #giveUp(cause: Error): void {
    const text = `not acknowledged, ${this.#kept.size} events are kept and sent later`;
    for (const entry of this.#kept.values()) {
      const { settle } = entry;
      entry.settle = undefined;
      settle?.(new Error(text, { cause }));
    }
  }
}
