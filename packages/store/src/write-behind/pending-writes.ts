import { fromLatin1, toLatin1 } from '../bytes.ts';
import type { IterateOptions, KeyRange, KeyValueEntry, WriteOp } from '../ports.ts';

/** A record that is to be written; null = removed. */
export type Pending = Uint8Array | null;

/** Beside key and value: the entry of the map and two objects. */
const ENTRY_BYTES = 100;

/** What several batches in a row leave to be written: the last operation on each key. */
export class PendingWrites {
  readonly #records = new Map<string, Pending>();
  /** Of those, what stands where nothing was stored: once removed, nothing of it need be written. */
  readonly #fresh = new Set<string>();
  #bytes = 0;

  /** Keys changed. */
  get size(): number {
    return this.#records.size;
  }

  /** About what it takes in memory; what was replaced counts, too. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined when nothing is known of the key. */
  get(key: string): Pending | undefined {
    return this.#records.get(key);
  }

  add(ops: readonly WriteOp[]): void {
    for (const op of ops) {
      const key = toLatin1(op.key);
      this.#bytes += ENTRY_BYTES + key.length;
      if (op.type === 'put') {
        // A removal that waits must stay: what it removes is stored.
        if (op.fresh === true && !this.#records.has(key)) this.#fresh.add(key);
        this.#records.set(key, Buffer.from(op.value));
        this.#bytes += op.value.length;
      } else if (this.#fresh.delete(key)) {
        this.#records.delete(key);
      } else {
        this.#records.set(key, null);
      }
    }
  }

  /** What `later` holds replaces what this one does. */
  addAll(later: PendingWrites): void {
    for (const [key, value] of later.#records) {
      this.#records.set(key, value);
    }
    this.#bytes += later.#bytes;
  }

  ops(): WriteOp[] {
    const ops: WriteOp[] = [];
    for (const [text, value] of this.#records) {
      const key = fromLatin1(text);
      ops.push(value === null ? { type: 'del', key } : { type: 'put', key, value });
    }
    return ops;
  }

  /** Keys in the range, in its order. */
  keysIn({ gte, lt }: KeyRange, { reverse = false }: IterateOptions): string[] {
    const from = gte === undefined ? '' : toLatin1(gte);
    const to = lt === undefined ? undefined : toLatin1(lt);
    const keys: string[] = [];
    for (const key of this.#records.keys()) {
      if (key >= from && (to === undefined || key < to)) {
        keys.push(key);
      }
    }
    keys.sort();
    return reverse ? keys.reverse() : keys;
  }
}

/** For whoever reads it: undefined when it is removed. */
export function copyOf(pending: Pending): Uint8Array | undefined {
  return pending === null ? undefined : Buffer.from(pending);
}

/**
 * The entries of `stored` as they are once `pending` is written, in the order of the walk. Nothing may be added to
 * `pending` meanwhile.
 *
 * @param keys those of `pending` in the range of `stored`, in its order
 */
export async function* merged(
  stored: AsyncIterable<KeyValueEntry>,
  keys: readonly string[],
  pending: PendingWrites,
  { reverse = false, limit = Infinity }: IterateOptions,
): AsyncGenerator<KeyValueEntry> {
  let left = limit;
  let at = 0;
  const own = (): KeyValueEntry | undefined => {
    const key = keys[at++] as string;
    const value = copyOf(pending.get(key) ?? null);
    return value === undefined ? undefined : [fromLatin1(key), value];
  };
  for await (const entry of stored) {
    const key = toLatin1(entry[0]);
    for (; at < keys.length && isBefore(keys[at] as string, key, reverse);) {
      const next = own();
      if (next === undefined) continue;
      if (left-- <= 0) return;
      yield next;
    }
    const next = keys[at] === key ? own() : entry;
    if (next === undefined) continue;
    if (left-- <= 0) return;
    yield next;
  }
  while (at < keys.length) {
    const next = own();
    if (next === undefined) continue;
    if (left-- <= 0) return;
    yield next;
  }
}

function isBefore(key: string, other: string, reverse: boolean): boolean {
  return reverse ? key > other : key < other;
}
