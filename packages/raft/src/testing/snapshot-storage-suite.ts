import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { seededRandom } from '@dkron/runtime/testing';
import type { SnapshotMeta } from '../core/types.ts';
import { StorageError } from '../storage/errors.ts';
import type { SnapshotReader, SnapshotStorage } from '../storage/ports.ts';
import type { SuiteFunctions } from './suite.ts';

/** One place that snapshots are kept. */
export interface SnapshotPlace {
  /** A fresh instance over what the place holds. */
  make(): SnapshotStorage;
  /** Whether another instance finds what one has stored. */
  readonly durable: boolean;
  dispose(): Promise<void>;
}

/** What every `SnapshotStorage` must do. */
export function snapshotStorageSuite(
  name: string,
  { describe, it }: SuiteFunctions,
  makePlace: () => Promise<SnapshotPlace>,
): void {
  const test = (
    title: string,
    body: (storage: SnapshotStorage, again: () => SnapshotStorage) => Promise<void>,
  ): void => {
    it(title, async () => {
      const place = await makePlace();
      const storage = place.make();
      try {
        await body(storage, () => (place.durable ? place.make() : storage));
      } finally {
        await place.dispose();
      }
    });
  };

  describe(`${name} as SnapshotStorage`, () => {
    test('has nothing at first', async (storage) => {
      deepStrictEqual(await storage.list(), []);
      strictEqual(await storage.openLatest(), undefined);
      await rejects(storage.open('x'), coded('snapshot_missing'));
      await storage.reap(1);
    });

    test('clear leaves nothing, whole or begun; what comes later stays', async (storage, again) => {
      await save(storage, meta(7, 2), seededRandom(1).bytes(100));
      await save(storage, meta(9, 2), seededRandom(2).bytes(100));
      const begun = await storage.create(meta(11, 3));
      await begun.write(new Uint8Array(10));
      await begun.suspend();
      await storage.clear();
      deepStrictEqual(await again().list(), []);
      const anew = await again().create(meta(11, 3), { resume: true });
      strictEqual(anew.offset, 0);
      await anew.cancel();
      await save(storage, meta(3, 1), seededRandom(3).bytes(100));
      deepStrictEqual(
        (await again().list()).map(({ index }) => index),
        [3],
      );
    });

    test('gives back what was written, from any offset', async (storage, again) => {
      const bytes = seededRandom(1).bytes(700_000);
      const stored = await save(storage, meta(7, 2), bytes);
      const expected = { ...meta(7, 2), id: stored.id, bytes: bytes.byteLength, sha256: digest(bytes) };
      deepStrictEqual(stored, expected);
      const reopened = again();
      deepStrictEqual(await reopened.list(), [expected]);
      deepStrictEqual(await content(await reopened.open(stored.id)), bytes);
      for (const offset of [1, 262_144, 699_999, 700_000]) {
        deepStrictEqual(
          await content(await reopened.open(stored.id, { offset })),
          bytes.slice(offset),
          `offset ${offset}`,
        );
      }
      await rejects(reopened.open(stored.id, { offset: 700_001 }), TypeError);
      await rejects(reopened.open(stored.id, { offset: -1 }), TypeError);
    });

    test('shows nothing before close, and nothing after cancel', async (storage, again) => {
      const sink = await storage.create(meta(3));
      await sink.write(new Uint8Array(10));
      strictEqual(sink.offset, 10);
      deepStrictEqual(await again().list(), []);
      await sink.cancel();
      await sink.cancel();
      deepStrictEqual(await again().list(), []);
      await rejects(sink.write(new Uint8Array(1)), TypeError);
      const fresh = await again().create(meta(3), { resume: true });
      strictEqual(fresh.offset, 0);
      await fresh.cancel();
    });

    test('lists the newest first: by index, then term, then the order of writing', async (storage, again) => {
      const ids: string[] = [];
      for (const [index, term] of [
        [1, 1],
        [100, 1],
        [20, 9],
        [100, 1],
        [100, 2],
      ] as const) {
        ids.push((await save(storage, meta(index, term), Uint8Array.of(index))).id);
      }
      const newest = (await again().list()).map(({ id }) => id);
      deepStrictEqual(
        newest,
        [4, 3, 1, 2, 0].map((i) => ids[i]),
      );
      strictEqual((await again().openLatest())?.meta.id, ids[4]);
      await storage.reap(2);
      deepStrictEqual(
        (await again().list()).map(({ id }) => id),
        [ids[4], ids[3]],
      );
      await rejects(again().open(ids[0]!), coded('snapshot_missing'));
    });

    test('continues a suspended sink where it stood, and only for the same meta', async (storage, again) => {
      const bytes = seededRandom(2).bytes(300_000);
      const sink = await storage.create(meta(5));
      await sink.write(bytes.subarray(0, 290_000));
      await sink.suspend();
      await rejects(sink.write(bytes), TypeError);
      const resumed = await again().create(meta(5), { resume: true });
      strictEqual(resumed.offset, 290_000);
      await resumed.write(bytes.subarray(290_000));
      const stored = await resumed.close({ bytes: bytes.byteLength, sha256: digest(bytes) });
      deepStrictEqual(await content(await again().open(stored.id)), bytes);

      const other = await storage.create(meta(6));
      await other.write(bytes);
      await other.suspend();
      const changed = { ...meta(6), confState: { ...meta(6).confState, voters: ['z'] } };
      const fresh = await again().create(changed, { resume: true });
      strictEqual(fresh.offset, 0);
      await fresh.cancel();
    });

    test('refuses bytes that differ from what was announced', async (storage, again) => {
      for (const expected of [{ bytes: 4 }, { sha256: digest(Uint8Array.of(9)) }]) {
        const sink = await storage.create(meta(5));
        await sink.write(Uint8Array.of(1, 2, 3));
        await rejects(sink.close(expected), coded('snapshot_incomplete'));
        deepStrictEqual(await again().list(), []);
        const fresh = await again().create(meta(5), { resume: true });
        strictEqual(fresh.offset, 0);
        await fresh.cancel();
      }
    });

    test('refuses misuse', async (storage) => {
      await rejects(storage.create(meta(0)), TypeError);
      await rejects(storage.create(meta(1, 0)), TypeError);
      await rejects(storage.reap(0), TypeError);
      const sink = await storage.create(meta(1));
      await rejects(storage.create(meta(1)), TypeError);
      const stored = await sink.close();
      strictEqual(stored.bytes, 0);
      await rejects(sink.close(), TypeError);
      await sink.cancel();
      strictEqual((await storage.list()).length, 1);
      ok((await content(await storage.open(stored.id))).byteLength === 0);
    });
  });
}

function meta(index: number, term = 1): SnapshotMeta {
  const confState = { voters: ['a', 'b'], learners: ['ü'], votersOutgoing: [], learnersNext: [], autoLeave: false };
  return { index, term, confState };
}

async function save(
  storage: SnapshotStorage,
  snapshot: SnapshotMeta,
  bytes: Uint8Array,
): ReturnType<Awaited<ReturnType<SnapshotStorage['create']>>['close']> {
  const sink = await storage.create(snapshot);
  for (let at = 0; at < bytes.byteLength; at += 100_000) await sink.write(bytes.subarray(at, at + 100_000));
  return sink.close();
}

async function content(reader: SnapshotReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reader.stream) {
    ok(chunk.byteLength > 0 && chunk.byteLength <= 1 << 18, 'chunk size');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function coded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof StorageError && error.code === code;
}
