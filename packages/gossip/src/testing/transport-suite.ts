import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Address } from '../core/types.ts';
import type { GossipTransport, StreamConnection, TransportHandler } from '../net/transport.ts';

/** The two functions a contract suite needs, so that it depends on no test runner. */
export interface SuiteFunctions {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
}

/** Makes transports that reach each other, on ports of their own. */
export type MakeTransport = () => GossipTransport;

const MAX_TURNS = 200_000;

/** What every {@link GossipTransport} must do. */
export function gossipTransportSuite(name: string, { describe, it }: SuiteFunctions, make: MakeTransport): void {
  const test = (title: string, body: (a: Peer, b: Peer) => Promise<void>): void => {
    it(title, async () => {
      const peers = [new Peer(make()), new Peer(make())] as const;
      try {
        for (const peer of peers) await peer.open();
        await body(...peers);
      } finally {
        for (const peer of peers) await peer.transport.close();
      }
    });
  };

  describe(`${name} as GossipTransport`, () => {
    test('listens on a real port, on the same for packets and streams', async (a, b) => {
      notStrictEqual(a.address.port, 0);
      a.transport.sendPacket(b.address, Uint8Array.of(1));
      await until(() => b.packets.length === 1);
      deepStrictEqual(b.packets[0]?.from, a.address);
    });

    test('Transport_Send: delivers packets whole', async (a, b) => {
      const sent = Array.from({ length: 20 }, (_, i) => new Uint8Array(i * 70).fill(i));
      for (const datagram of sent) a.transport.sendPacket(b.address, datagram);
      await until(() => b.packets.length === sent.length);
      const lengths = b.packets.map(({ bytes }) => bytes.length).toSorted((x, y) => x - y);
      deepStrictEqual(
        lengths,
        sent.map(({ length }) => length),
      );
      ok(b.packets.every(({ bytes }) => bytes.every((byte) => byte === bytes.length / 70)));
    });

    test('loses packets to nobody without a word that ends the program', async (a) => {
      a.transport.sendPacket({ ip: a.address.ip, port: 1 }, Uint8Array.of(1));
      for (let i = 0; i < 20; i++) await nextTurn();
    });

    test('carries a request and an answer', async (a, b) => {
      const near = a.dial(b.address);
      near.connection.write(Uint8Array.of(1, 2));
      near.connection.write(new Uint8Array(200_000).fill(3));
      await until(() => b.streams[0]?.received.length === 200_002);
      const far = b.streams[0]!;
      strictEqual(far.connection.remote.ip, a.address.ip);
      deepStrictEqual(far.received.slice(0, 3), [1, 2, 3]);
      far.connection.write(Uint8Array.of(9));
      far.connection.end();
      await until(() => near.isClosed && far.isClosed);
      deepStrictEqual([near.received, near.isEnded, near.error], [[9], true, undefined]);
    });

    test('tells when nobody listens', async (a, b) => {
      await b.transport.close();
      const near = a.dial(b.address);
      near.connection.write(Uint8Array.of(1));
      await until(() => near.isClosed);
      ok(near.error instanceof Error);
    });

    test('tells the other end when one gives up', async (a, b) => {
      const near = a.dial(b.address);
      near.connection.write(Uint8Array.of(1));
      await until(() => b.streams.length === 1);
      near.connection.destroy();
      near.connection.destroy();
      await until(() => near.isClosed && b.streams[0]!.isClosed);
    });

    test('ends connections when it closes, and is silent then', async (a, b) => {
      const near = a.dial(b.address);
      near.connection.write(Uint8Array.of(1));
      await until(() => b.streams.length === 1);
      await b.transport.close();
      await b.transport.close();
      await until(() => near.isClosed);
      a.transport.sendPacket(b.address, Uint8Array.of(1));
      b.transport.sendPacket(a.address, Uint8Array.of(1));
      for (let i = 0; i < 20; i++) await nextTurn();
      deepStrictEqual([a.packets, b.packets], [[], []]);
    });
  });
}

interface Stream {
  readonly connection: StreamConnection;
  readonly received: number[];
  isEnded: boolean;
  isClosed: boolean;
  error: Error | undefined;
}

class Peer implements TransportHandler {
  readonly transport: GossipTransport;
  readonly packets: { readonly bytes: Uint8Array; readonly from: Address }[] = [];
  readonly streams: Stream[] = [];
  readonly failures: string[] = [];
  address: Address = { ip: '', port: 0 };

  constructor(transport: GossipTransport) {
    this.transport = transport;
  }

  async open(): Promise<void> {
    this.address = await this.transport.open(this);
  }

  dial(to: Address): Stream {
    return this.#watch(this.transport.dial(to));
  }

  packet(bytes: Uint8Array, from: Address): void {
    this.packets.push({ bytes, from });
  }

  stream(connection: StreamConnection): void {
    this.streams.push(this.#watch(connection));
  }

  failed(what: string): void {
    this.failures.push(what);
  }

  #watch(connection: StreamConnection): Stream {
    const stream: Stream = { connection, received: [], isEnded: false, isClosed: false, error: undefined };
    connection.read({
      data: (chunk) => {
        for (const byte of chunk) stream.received.push(byte);
      },
      ended: () => {
        stream.isEnded = true;
        connection.end();
      },
      closed: (error) => {
        strictEqual(stream.isClosed, false, 'closed twice');
        stream.isClosed = true;
        stream.error = error;
      },
    });
    return stream;
  }
}

async function until(isDone: () => boolean): Promise<void> {
  for (let turns = 0; !isDone(); turns++) {
    if (turns > MAX_TURNS) throw new Error('waited in vain');
    await nextTurn();
  }
}
