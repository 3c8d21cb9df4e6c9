import type { Timers } from '@dkron/runtime';
import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import { LoopbackLink } from './loopback-link.ts';
import type { PeerConnection, SnapshotSource, Transport, TransportHandler } from './transport.ts';

/** What happens to a message on its way. A number delays it by so many milliseconds. */
export type LoopbackFate = 'deliver' | 'drop' | number;

/** Options of `LoopbackNetwork`. */
export interface LoopbackOptions {
  /** Bytes that may wait for one peer. @default 64 MiB */
  readonly maxQueueBytes?: number;
}

/** A network inside one process, for tests and examples. Addresses are any texts. */
export class LoopbackNetwork {
  readonly options: Required<LoopbackOptions>;
  readonly timers: Timers;
  /** Decides about every message; for tests. Snapshots follow `isCut` alone. */
  fate: (from: NodeId, to: NodeId, message: Message) => LoopbackFate = () => 'deliver';
  readonly #transports = new Map<string, LoopbackTransport>();
  readonly #cut = new Set<string>();

  constructor(options: LoopbackOptions, modules: { readonly timers: Timers }) {
    this.options = { maxQueueBytes: options.maxQueueBytes ?? 64 << 20 };
    this.timers = modules.timers;
  }

  /** A transport at an address; replaces a closed one. */
  transport(addr: string): LoopbackTransport {
    const transport = new LoopbackTransport(this, addr);
    this.#transports.set(addr, transport);
    return transport;
  }

  /** Who listens at an address. */
  at(addr: string): LoopbackTransport | undefined {
    const transport = this.#transports.get(addr);
    return transport?.listening === true ? transport : undefined;
  }

  /** Loses everything from one address to another. Silently, as a cut cable does. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from}\n${to}`);
  }

  /** Cuts an address off, both ways. */
  isolate(addr: string): void {
    for (const other of this.#transports.keys()) {
      if (other === addr) continue;
      this.cut(addr, other);
      this.cut(other, addr);
    }
  }

  /** Mends everything. */
  heal(): void {
    this.#cut.clear();
  }

  isCut(from: string, to: string): boolean {
    return this.#cut.has(`${from}\n${to}`);
  }

  /** Called by a transport that closes: its peers notice. */
  closed(addr: string): void {
    for (const transport of this.#transports.values()) transport.peerClosed(addr);
  }
}

/** One end of a {@link LoopbackNetwork}. */
export class LoopbackTransport implements Transport {
  readonly #network: LoopbackNetwork;
  readonly #addr: string;
  readonly #links = new Map<NodeId, LoopbackLink>();
  #handler: TransportHandler | undefined;
  #closed = false;

  constructor(network: LoopbackNetwork, addr: string) {
    this.#network = network;
    this.#addr = addr;
  }

  get listening(): boolean {
    return this.#handler !== undefined && !this.#closed;
  }

  get handler(): TransportHandler {
    return this.#handler!;
  }

  localAddr(): string {
    return this.#addr;
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler;
  }

  send(to: NodeId, addr: string, messages: readonly Message[]): void {
    if (!this.listening) return;
    let link = this.#links.get(to);
    if (link?.addr !== addr) {
      link?.close();
      link = new LoopbackLink(this.#network, this, to, addr);
      this.#links.set(to, link);
    }
    link.send(messages);
  }

  async sendSnapshot(to: NodeId, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const peer = this.#network.at(addr);
    if (!this.listening || peer === undefined || this.#network.isCut(this.#addr, addr))
      throw new Error(`${to} is unreachable`);
    const own = this.handler.handshake(to);
    const verdict = await peer.handler.judge(own, 'snapshot');
    if (!verdict.accepted) throw new Error(verdict.message);
    const intake = await peer.handler.snapshot(own.from, source.header);
    const stream = await source.open(intake.offset);
    await intake.take(this.#guarded(stream, addr, signal));
  }

  forget(id: NodeId): void {
    this.#links.get(id)?.close();
    this.#links.delete(id);
  }

  connections(): readonly PeerConnection[] {
    return [...this.#links.values()].map((link) => link.view()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
    this.#network.closed(this.#addr);
  }

  /** The process at an address ended. */
  peerClosed(addr: string): void {
    for (const link of this.#links.values()) if (link.addr === addr) link.peerClosed();
  }

  async *#guarded(stream: AsyncIterable<Uint8Array>, addr: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      signal.throwIfAborted();
      if (this.#closed || this.#network.isCut(this.#addr, addr)) throw new Error(`the stream to ${addr} broke`);
      yield chunk;
      // As on a wire, other traffic comes between chunks.
      await new Promise<void>((resolve) => void this.#network.timers.nextTurn(resolve));
    }
  }
}
