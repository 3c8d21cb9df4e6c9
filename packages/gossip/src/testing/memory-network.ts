import type { Timers } from '@dkron/runtime';
import { formatAddress } from '../core/host-port.ts';
import type { Address } from '../core/types.ts';
import type { GossipTransport, StreamConnection, StreamReader, TransportHandler } from '../net/transport.ts';

/** What becomes of a datagram or connection between two members. */
export type MemoryFate = 'pass' | 'drop';

/** What becomes of packets and streams in memory. */
export interface MemoryNetworkOptions {
  /** Asked for each datagram and each new connection. Default: all pass. */
  readonly fate?: (from: Address, to: Address, what: 'packet' | 'stream') => MemoryFate;
  /** Everything takes so long. Default: 1. */
  readonly delayMs?: number;
}

/** A network in memory: datagrams and connections between the transports it made, on timers that are given. */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #timers: Timers;
  readonly #open = new Map<string, MemoryTransport>();
  #nextPort = 49_152;

  constructor(options: MemoryNetworkOptions, { timers }: { readonly timers: Timers }) {
    this.#options = options;
    this.#timers = timers;
  }

  /** A transport of this network; port 0: any that is free. */
  transport(ip: string, port = 0): GossipTransport {
    return new MemoryTransport({ ip, port: port === 0 ? this.#nextPort++ : port }, this);
  }

  add(transport: MemoryTransport): void {
    const key = formatAddress(transport.address);
    if (this.#open.has(key)) throw new Error(`${key} is taken`);
    this.#open.set(key, transport);
  }

  remove(transport: MemoryTransport): void {
    const key = formatAddress(transport.address);
    if (this.#open.get(key) === transport) this.#open.delete(key);
  }

  /** The one that listens there, if anything of `from` gets through to it. */
  reach(from: Address, to: Address, what: 'packet' | 'stream'): MemoryTransport | undefined {
    if (this.#options.fate?.(from, to, what) === 'drop') return undefined;
    return this.#open.get(formatAddress(to));
  }

  later(run: () => void): void {
    this.#timers.after(this.#options.delayMs ?? 1, run);
  }
}

class MemoryTransport implements GossipTransport {
  readonly address: Address;
  readonly #network: MemoryNetwork;
  readonly #ends = new Set<MemoryStream>();
  #handler: TransportHandler | undefined;

  constructor(address: Address, network: MemoryNetwork) {
    this.address = address;
    this.#network = network;
  }

  async open(handler: TransportHandler): Promise<Address> {
    this.#network.add(this);
    this.#handler = handler;
    return this.address;
  }

  sendPacket(to: Address, datagram: Uint8Array): void {
    if (this.#handler === undefined) return;
    const copy = datagram.slice();
    const target = this.#network.reach(this.address, to, 'packet');
    this.#network.later(() => target?.take(copy, this.address));
  }

  dial(to: Address): StreamConnection {
    const near = this.#keep(new MemoryStream(to, this.#network));
    const target = this.#network.reach(this.address, to, 'stream');
    this.#network.later(() => {
      const isTaken = this.#handler !== undefined && target?.accept(near, this.address) === true;
      if (!isTaken) near.fail(new Error('connection refused'));
    });
    return near;
  }

  take(datagram: Uint8Array, from: Address): void {
    this.#handler?.packet(datagram, from);
  }

  accept(near: MemoryStream, from: Address): boolean {
    if (this.#handler === undefined) return false;
    const far = this.#keep(new MemoryStream(from, this.#network));
    far.join(near);
    near.join(far);
    this.#handler.stream(far);
    return true;
  }

  async close(): Promise<void> {
    this.#network.remove(this);
    this.#handler = undefined;
    for (const end of this.#ends) end.destroy();
  }

  #keep(end: MemoryStream): MemoryStream {
    this.#ends.add(end);
    end.onClosed = () => this.#ends.delete(end);
    return end;
  }
}

/** One end of a connection. Bytes arrive in order, since everything takes equally long. */
class MemoryStream implements StreamConnection {
  readonly remote: Address;
  onClosed: (() => void) | undefined;
  readonly #network: MemoryNetwork;
  readonly #early: (() => void)[] = [];
  #reader: StreamReader | undefined;
  #peer: MemoryStream | undefined;
  #sentEnd = false;
  #gotEnd = false;
  #closed = false;

  constructor(remote: Address, network: MemoryNetwork) {
    this.remote = remote;
    this.#network = network;
  }

  join(peer: MemoryStream): void {
    this.#peer = peer;
    for (const send of this.#early.splice(0)) send();
  }

  read(reader: StreamReader): void {
    this.#reader = reader;
  }

  write(bytes: Uint8Array): void {
    const copy = bytes.slice();
    if (!this.#sentEnd) this.#toPeer((peer) => peer.#reader?.data(copy));
  }

  end(): void {
    if (!this.#sentEnd) this.#toPeer((peer) => peer.#takeEnd());
    this.#sentEnd = true;
    if (this.#gotEnd) this.#close();
  }

  destroy(): void {
    if (this.#closed) return;
    this.#toPeer((peer) => peer.fail(new Error('connection reset')));
    this.#close();
  }

  fail(error: Error): void {
    if (this.#closed) return;
    this.#close(error);
  }

  #takeEnd(): void {
    this.#gotEnd = true;
    this.#reader?.ended();
    this.end();
  }

  #toPeer(action: (peer: MemoryStream) => void): void {
    if (this.#closed) return;
    const send = (): void => {
      const peer = this.#peer!;
      this.#network.later(() => {
        if (!peer.#closed) action(peer);
      });
    };
    if (this.#peer === undefined) this.#early.push(send);
    else send();
  }

  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onClosed?.();
    this.#network.later(() => this.#reader?.closed(error));
  }
}
