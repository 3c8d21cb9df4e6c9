import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert/strict';
import { StoreError } from '../errors.ts';
import type { IterateOptions, KeyRange, KeyValue, KeyValueReader } from '../ports.ts';

export interface SuiteFunctions {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => Promise<void>) => void;
}

/** Gives an empty store for each test. */
export type KeyValueFactory = () => Promise<KeyValue>;

export function keyValueSuite(name: string, { describe, it }: SuiteFunctions, make: KeyValueFactory): void {
  const test = (title: string, body: (kv: KeyValue) => Promise<void>): void => {
    it(title, async () => {
      const kv = await make();
      try {
        await body(kv);
      } finally {
        await kv.close();
      }
    });
  };

  describe(`${name} as KeyValue`, () => {
    test('gives back what was put, and undefined for the rest', async (kv) => {
      await kv.batch([put([1], [7, 8]), put([2], [])]);
      deepStrictEqual(plain(await kv.get(bytes(1))), [7, 8]);
      deepStrictEqual(plain(kv.getSync(bytes(1))), [7, 8]);
      deepStrictEqual(plain(kv.getSync(bytes(2))), []);
      strictEqual(await kv.get(bytes(3)), undefined);
      strictEqual(kv.getSync(bytes(3)), undefined);
    });

    test('applies the operations of a batch in order: the later one on a key wins', async (kv) => {
      await kv.batch(
        [put([1], [1]), { type: 'del', key: bytes(1) }, put([1], [2]), put([2], [3]), { type: 'del', key: bytes(2) }],
        { sync: true },
      );
      deepStrictEqual(await entries(kv, {}), [[[1], [2]]]);
    });

    test('takes an empty batch, and the removal of what is not there', async (kv) => {
      await kv.batch([], { sync: true });
      await kv.batch([{ type: 'del', key: bytes(9) }]);
      deepStrictEqual(await entries(kv, {}), []);
    });

    test('orders keys by unsigned bytes, a prefix before what it begins', async (kv) => {
      const keys = [[255], [0], [1, 0], [1], [128], [127], [0, 255], [255, 255]];
      await kv.batch(keys.map((key) => put(key, key)));
      const ordered = [[0], [0, 255], [1], [1, 0], [127], [128], [255], [255, 255]];
      deepStrictEqual(
        (await entries(kv, {})).map(([key]) => key),
        ordered,
      );
      deepStrictEqual(
        (await entries(kv, {}, { reverse: true })).map(([key]) => key),
        ordered.toReversed(),
      );
    });

    test('iterates [gte, lt), both ways, up to the limit', async (kv) => {
      await kv.batch(Array.from({ length: 10 }, (_, i) => put([i], [i])));
      const range = { gte: bytes(2), lt: bytes(7) };
      deepStrictEqual(
        (await entries(kv, range)).map(([[key]]) => key),
        [2, 3, 4, 5, 6],
      );
      deepStrictEqual(
        (await entries(kv, range, { limit: 2 })).map(([[key]]) => key),
        [2, 3],
      );
      deepStrictEqual(
        (await entries(kv, range, { limit: 2, reverse: true })).map(([[key]]) => key),
        [6, 5],
      );
      deepStrictEqual(await entries(kv, range, { limit: 0 }), []);
      deepStrictEqual(await entries(kv, { gte: bytes(7), lt: bytes(2) }), []);
    });

    test('iterates over many more entries than one read fetches', async (kv) => {
      const count = 3000;
      await kv.batch(Array.from({ length: count }, (_, i) => put([i >> 8, i & 255], [i & 255])));
      strictEqual((await entries(kv, {})).length, count);
    });

    test('applies batches in the order in which they came, also long ones that nobody waits for', async (kv) => {
      const count = 2000;
      const long = Array.from({ length: count }, (_, i) => put([i >> 8, i & 255], [1]));
      const all = [kv.batch(long), kv.batch([put([0, 0], [2])]), kv.batch(long.slice(1)), kv.batch([put([0, 1], [3])])];
      await Promise.all(all);
      const found = await entries(kv, {});
      strictEqual(found.length, count);
      deepStrictEqual(
        found.slice(0, 3).map(([, value]) => value),
        [[2], [3], [1]],
      );
    });

    test('an iteration left early leaves the store usable', async (kv) => {
      await kv.batch([put([1], [1]), put([2], [2])]);
      for await (const [key] of kv.iterate({})) {
        deepStrictEqual(plain(key), [1]);
        break;
      }
      deepStrictEqual(plain(await kv.get(bytes(2))), [2]);
    });

    test('an iteration sees the moment it began at', async (kv) => {
      await kv.batch([put([1], [1]), put([2], [2])]);
      const iterator = kv.iterate({})[Symbol.asyncIterator]();
      await iterator.next();
      await kv.batch([put([2], [9]), put([3], [3])]);
      const second = (await iterator.next()).value as readonly [Uint8Array, Uint8Array];
      deepStrictEqual(plain(second[1]), [2]);
      strictEqual((await iterator.next()).done, true);
    });

    test('a snapshot sees the moment it was taken at, until closed', async (kv) => {
      await kv.batch([put([1], [1]), put([2], [2])]);
      const snapshot = kv.snapshot();
      await kv.batch([put([1], [9]), { type: 'del', key: bytes(2) }, put([3], [3])]);
      deepStrictEqual(await entries(snapshot, {}), [
        [[1], [1]],
        [[2], [2]],
      ]);
      deepStrictEqual(plain(await snapshot.get(bytes(1))), [1]);
      strictEqual(await snapshot.get(bytes(3)), undefined);
      await snapshot.close();
      deepStrictEqual(await entries(kv, {}), [
        [[1], [9]],
        [[3], [3]],
      ]);
    });

    test('changes no bytes that it was given or that it gave', async (kv) => {
      const [key, value] = [bytes(1), bytes(2)];
      await kv.batch([{ type: 'put', key, value }]);
      const read = kv.getSync(bytes(1));
      await kv.batch([put([1], [3])]);
      await kv.batch([{ type: 'del', key: bytes(1) }]);
      deepStrictEqual([plain(key), plain(value), plain(read as Uint8Array)], [[1], [2], [2]]);
    });

    test('refuses everything once closed, and closes twice', async (kv) => {
      await kv.close();
      await kv.close();
      throws(() => kv.getSync(bytes(1)), isClosed);
      await rejects(async () => await kv.get(bytes(1)), isClosed);
      await rejects(async () => await kv.batch([put([1], [1])]), isClosed);
      throws(() => kv.iterate({}), isClosed);
      throws(() => kv.snapshot(), isClosed);
    });
  });
}

function bytes(...values: readonly number[]): Uint8Array {
  return new Uint8Array(values);
}

function put(key: readonly number[], value: readonly number[]): { type: 'put'; key: Uint8Array; value: Uint8Array } {
  return { type: 'put', key: new Uint8Array(key), value: new Uint8Array(value) };
}

function plain(value: Uint8Array | undefined): number[] | undefined {
  return value === undefined ? undefined : [...value];
}

async function entries(
  reader: KeyValueReader,
  range: KeyRange,
  options: IterateOptions = {},
): Promise<[number[], number[]][]> {
  const found: [number[], number[]][] = [];
  for await (const [key, value] of reader.iterate(range, options)) {
    found.push([[...key], [...value]]);
  }
  return found;
}

function isClosed(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'store_closed';
}
