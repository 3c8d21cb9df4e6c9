import { toLatin1 } from '../bytes.ts';
import type { IterateOptions, KeyRange, KeyValueEntry, WriteOp } from '../ports.ts';

/** Beside key and value: the entry of the map and two objects. */
const ENTRY_BYTES = 100;

/** What several batches in a row leave to be written: the last operation on each key. */
export class PendingWrites {
  readonly #ops = new Map<string, WriteOp>();
  /** Of those, what stands where nothing was stored: once removed, nothing of it need be written. */
  readonly #fresh = new Set<string>();
  #bytes = 0;

  /** Keys changed. */
  get size(): number {
    return this.#ops.size;
  }

  /** About what it takes in memory; what was replaced counts, too. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined when nothing is known of the key. */
  get(key: string): WriteOp | undefined {
    return this.#ops.get(key);
  }

  add(ops: readonly WriteOp[]): void {
    for (const op of ops) {
      const key = toLatin1(op.key);
      this.#bytes += ENTRY_BYTES + key.length;
      if (op.type === 'put') {
        // A removal that waits must stay: what it removes is stored.
        if (op.fresh === true && !this.#ops.has(key)) this.#fresh.add(key);
        this.#ops.set(key, op);
        this.#bytes += op.value.length;
      } else if (this.#fresh.delete(key)) {
        this.#ops.delete(key);
      } else {
        this.#ops.set(key, op);
      }
    }
  }

  /** What `later` holds replaces what this one does. */
  addAll(later: PendingWrites): void {
    for (const [key, op] of later.#ops) {
      this.#ops.set(key, op);
    }
    this.#bytes += later.#bytes;
  }

  ops(): WriteOp[] {
    return [...this.#ops.values()];
  }

  /** Keys in the range, in its order. */
  keysIn({ gte, lt }: KeyRange, { reverse = false }: IterateOptions): string[] {
    const from = gte === undefined ? '' : toLatin1(gte);
    const to = lt === undefined ? undefined : toLatin1(lt);
    const keys: string[] = [];
    for (const key of this.#ops.keys()) {
      if (key >= from && (to === undefined || key < to)) {
        keys.push(key);
      }
    }
    keys.sort();
    return reverse ? keys.reverse() : keys;
  }
}

/** For whoever reads it: undefined when it is removed. */
export function valueOf(op: WriteOp): Uint8Array | undefined {
  return op.type === 'put' ? op.value : undefined;
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
    const op = pending.get(keys[at++] as string);
    return op?.type === 'put' ? [op.key, op.value] : undefined;
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
