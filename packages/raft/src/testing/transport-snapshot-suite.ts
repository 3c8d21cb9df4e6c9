import { ok, rejects, strictEqual, deepStrictEqual } from 'node:assert/strict';
import { seededRandom } from '@dkron/runtime/testing';
import { createMessage } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type { SnapshotHeader, SnapshotSource } from '../transport/transport.ts';
import type { SuiteFunctions } from './suite.ts';
import { TransportPeer } from './transport-peer.ts';
import type { TransportPlace } from './transport-place.ts';
import { digest, plain } from './transport-samples.ts';

const CHUNK_BYTES = 256 * 1024;

/** The part of the suite of transports that is about snapshots. */
export function transportSnapshotSuite(
  name: string,
  { describe, it }: SuiteFunctions,
  makePlace: () => Promise<TransportPlace>,
): void {
  const test = (
    title: string,
    body: (make: (id: NodeId) => Promise<TransportPeer>) => Promise<void>,
    overWire = false,
  ): void => {
    it(title, async () => {
      const place = await makePlace();
      try {
        if (place.overWire || !overWire) await body(async (id) => new TransportPeer(id, await place.make(id)));
      } finally {
        await place.dispose();
      }
    });
  };

  describe(`${name} as Transport: snapshots`, () => {
    const bytes = seededRandom(3).bytes(3_000_001);

    test('arrive whole', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const got = collect(b);
      await a.transport.sendSnapshot('b', b.transport.localAddr(), sourceOf(a, b, bytes), new AbortController().signal);
      strictEqual(Buffer.compare(got.bytes(), bytes), 0);
      strictEqual(got.headers[0]?.sha256, digest(bytes));
      strictEqual(got.headers[0]?.meta.index, 7);
      deepStrictEqual(plain(got.headers[0].message), plain(sourceOf(a, b, bytes).header.message));
    });

    test('may be empty', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const got = collect(b);
      const source = sourceOf(a, b, new Uint8Array(0));
      await a.transport.sendSnapshot('b', b.transport.localAddr(), source, new AbortController().signal);
      strictEqual(got.bytes().byteLength, 0);
      strictEqual(got.headers.length, 1);
    });

    test(
      'go on where a stream broke',
      async (make) => {
        const [a, b] = [await make('a'), await make('b')];
        const got = collect(b);
        const source = sourceOf(a, b, bytes);
        const opened: number[] = [];
        const breaking: SnapshotSource = {
          header: source.header,
          open: async (offset) => {
            opened.push(offset);
            const stream = await source.open(offset);
            return opened.length > 1 ? stream : cutAfter(stream, 5, () => b.transport.forget('a'));
          },
        };
        await a.transport.sendSnapshot('b', b.transport.localAddr(), breaking, new AbortController().signal);
        strictEqual(Buffer.compare(got.bytes(), bytes), 0);
        ok(opened.length >= 2 && opened[0] === 0, `opened at ${opened.join(', ')}`);
        ok(got.headers.length >= 2);
      },
      true,
    );

    test('that the receiver does not take are rejected', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const sending = a.transport.sendSnapshot(
        'b',
        b.transport.localAddr(),
        sourceOf(a, b, bytes),
        new AbortController().signal,
      );
      await rejects(sending, /not now/);
    });

    test('stop when the sender is told to', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const stop = new AbortController();
      b.onSnapshot = async () => ({
        offset: 0,
        take: async (stream) => {
          for await (const _ of stream) stop.abort();
        },
      });
      await rejects(a.transport.sendSnapshot('b', b.transport.localAddr(), sourceOf(a, b, bytes), stop.signal));
    });

    test(
      'that arrive damaged are not taken',
      async (make) => {
        const [a, b] = [await make('a'), await make('b')];
        const got = collect(b);
        const source = sourceOf(a, b, bytes);
        const header = { ...source.header, sha256: digest(Uint8Array.of(1)) };
        const sending = a.transport.sendSnapshot(
          'b',
          b.transport.localAddr(),
          { header, open: source.open },
          new AbortController().signal,
        );
        await rejects(sending);
        strictEqual(got.done, 0);
      },
      true,
    );

    test('do not hold up heartbeats', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      let beats = 0;
      b.onSnapshot = async () => ({
        offset: 0,
        take: async (stream) => {
          for await (const _ of stream) {
            a.beat(b, 1);
            beats += 1;
            await b.until(() => b.received.length >= beats);
          }
        },
      });
      const source = sourceOf(a, b, bytes);
      await a.transport.sendSnapshot('b', b.transport.localAddr(), source, new AbortController().signal);
      ok(beats >= 10);
    });
  });
}

function sourceOf(from: TransportPeer, to: TransportPeer, bytes: Uint8Array): SnapshotSource {
  const confState = { voters: ['a', 'b'], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const meta = { index: 7, term: 2, confState };
  const message = createMessage({ type: 'Snap', from: from.id, to: to.id, term: 3, snapshot: meta });
  return {
    header: { message, meta, bytes: bytes.byteLength, sha256: digest(bytes) },
    open: async (offset) => pieces(bytes, offset),
  };
}

async function* pieces(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  for (let at = offset; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

async function* cutAfter(
  stream: AsyncIterable<Uint8Array>,
  count: number,
  cut: () => void,
): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of stream) {
    yield chunk;
    left -= 1;
    if (left === 0) cut();
  }
}

/** Lets a peer take snapshots and keep what a broken stream brought. */
function collect(peer: TransportPeer): { bytes(): Buffer; readonly headers: SnapshotHeader[]; done: number } {
  const chunks: Uint8Array[] = [];
  const result = { bytes: () => Buffer.concat(chunks), headers: [] as SnapshotHeader[], done: 0 };
  peer.onSnapshot = async (header) => {
    result.headers.push(header);
    return {
      offset: result.bytes().byteLength,
      take: async (stream) => {
        for await (const chunk of stream) chunks.push(Uint8Array.from(chunk));
        result.done += 1;
      },
    };
  };
  return result;
}
