import { fromLatin1, toLatin1 } from '../bytes.ts';
import { StoreError } from '../errors.ts';
import type { IterateOptions, KeyRange, KeyValue, KeyValueEntry, KeyValueSnapshot, WriteOp } from '../ports.ts';
import { SortedStrings } from '../sorted-strings.ts';

/** Everything is lost with the process; `sync` changes nothing. */
export class MemoryKeyValue implements KeyValue {
  readonly path = 'memory';
  readonly #keys = new SortedStrings();
  readonly #values = new Map<string, Uint8Array>();
  #closed = false;

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => resolve(this.getSync(key)));
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#assertOpen();
    return this.#values.get(toLatin1(key))?.slice();
  }

  async batch(ops: readonly WriteOp[]): Promise<void> {
    this.#assertOpen();
    for (const op of ops) {
      const key = toLatin1(op.key);
      if (op.type === 'put') {
        this.#keys.add(key);
        this.#values.set(key, op.value.slice());
      } else {
        this.#keys.remove(key);
        this.#values.delete(key);
      }
    }
    await Promise.resolve();
  }

  iterate(range: KeyRange, options: IterateOptions = {}): AsyncIterable<KeyValueEntry> {
    this.#assertOpen();
    const values = this.#values;
    const keys = this.#keysIn(range, options);
    const entries = keys.map((key): KeyValueEntry => [fromLatin1(key), values.get(key)?.slice() ?? new Uint8Array()]);
    return inTurn(entries);
  }

  snapshot(): KeyValueSnapshot {
    this.#assertOpen();
    const copy = new MemoryKeyValue();
    for (const key of this.#keys.ascending()) {
      copy.#keys.add(key);
      copy.#values.set(key, this.#values.get(key) as Uint8Array);
    }
    return copy;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.resolve();
  }

  #keysIn(range: KeyRange, { reverse = false, limit = Infinity }: IterateOptions): string[] {
    const end = range.lt === undefined ? undefined : toLatin1(range.lt);
    const keys: string[] = [];
    for (const key of this.#keys.ascending(range.gte === undefined ? '' : toLatin1(range.gte))) {
      if ((end !== undefined && key >= end) || (!reverse && keys.length >= limit)) {
        break;
      }
      keys.push(key);
    }
    return reverse ? keys.reverse().slice(0, limit) : keys;
  }

  #assertOpen(): void {
    if (this.#closed) {
      throw new StoreError('store_closed', 'the memory store is closed', { path: this.path });
    }
  }
}

async function* inTurn(entries: readonly KeyValueEntry[]): AsyncGenerator<KeyValueEntry> {
  for (const entry of entries) {
    await Promise.resolve();
    yield entry;
  }
}
