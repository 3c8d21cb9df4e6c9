/** A piece of news: bytes that go to some members, who pass them on. */
export interface Broadcast<T> {
  readonly value: T;
  /** What it takes of a packet, without overhead. */
  readonly lengthBytes: number;
  /** News of the same subject replace each other. `undefined`: it replaces nothing. */
  readonly subject?: string | undefined;
  /** Called once when it went out often enough, or was replaced or pruned. */
  readonly onDone?: (() => void) | undefined;
}

interface Item<T> extends Broadcast<T> {
  readonly id: number;
  transmits: number;
  /** Replaced by newer news. It stays in its bucket until its turn comes or all is swept. */
  gone: boolean;
}

/** All of one length, the oldest first. */
interface Bucket<T> {
  readonly lengthBytes: number;
  items: Item<T>[];
}

/** All that were sent equally often, the longest first. */
type Tier<T> = Bucket<T>[];

/** More than so many gone ones, and more than are waiting: then all tiers are swept. */
const GONE_MAX = 16;

/**
 * News waiting to be sent, the least sent first, then the longest, then the newest. Each leaves after as many packets
 * as the limit says.
 */
export class TransmitQueue<T> {
  /** Index: how often sent. */
  readonly #tiers: Tier<T>[] = [];
  readonly #bySubject = new Map<string, Item<T>>();
  #nextId = 0;
  #size = 0;
  #gone = 0;

  get size(): number {
    return this.#size;
  }

  add(broadcast: Broadcast<T>): void {
    const { value, lengthBytes, subject, onDone } = broadcast;
    const item: Item<T> = { value, lengthBytes, subject, onDone, id: this.#nextId++, transmits: 0, gone: false };
    let replaced: Item<T> | undefined;
    if (subject !== undefined) {
      replaced = this.#bySubject.get(subject);
      this.#bySubject.set(subject, item);
    }
    bucketOf(this.#tier(0), lengthBytes).items.push(item);
    this.#size++;
    if (replaced !== undefined) this.#discard(replaced);
  }

  /**
   * What to put into one packet with room for `limitBytes`, where each takes `overheadBytes` more than its length;
   * `maxItems` at most. They count as sent once; what reaches `transmitLimit` leaves the queue.
   */
  take(overheadBytes: number, limitBytes: number, transmitLimit: number, maxItems = Infinity): T[] {
    const taken: Item<T>[] = [];
    const values: T[] = [];
    let roomBytes = limitBytes;
    for (const tier of this.#tiers) {
      if (taken.length >= maxItems || roomBytes < overheadBytes) break;
      const before = taken.length;
      this.#takeFrom(tier, taken, roomBytes, overheadBytes, maxItems);
      for (let i = before; i < taken.length; i++) {
        roomBytes -= taken[i]!.lengthBytes + overheadBytes;
        values.push(taken[i]!.value);
      }
    }
    this.#size -= taken.length;
    this.#putBack(taken, transmitLimit);
    return values;
  }

  /** Keeps at most `maxItems`, dropping those sent most often first, then the shortest, then the oldest. */
  prune(maxItems: number): void {
    this.#sweep();
    while (this.#size > maxItems) {
      const last = this.#tiers.findLast((tier) => tier.length > 0)!;
      const { items } = last.at(-1)!;
      const item = items.shift()!;
      if (items.length === 0) last.pop();
      this.#size--;
      this.#finish(item);
    }
  }

  /** Moves what fits from `tier` to the end of `taken`. What did not fit cannot fit later: the room only shrinks. */
  #takeFrom(tier: Tier<T>, taken: Item<T>[], limitBytes: number, overheadBytes: number, maxItems: number): void {
    let roomBytes = limitBytes - overheadBytes;
    for (const { lengthBytes, items } of tier) {
      while (lengthBytes <= roomBytes && taken.length < maxItems) {
        const item = items.pop();
        if (item === undefined) break;
        if (item.gone) {
          this.#gone--;
          continue;
        }
        taken.push(item);
        roomBytes -= lengthBytes + overheadBytes;
      }
    }
  }

  /** Counts one packet more for each, and puts those back that want more. */
  #putBack(taken: readonly Item<T>[], transmitLimit: number): void {
    let from = 0;
    while (from < taken.length) {
      const { transmits, lengthBytes } = taken[from]!;
      let to = from + 1;
      while (to < taken.length && taken[to]!.transmits === transmits && taken[to]!.lengthBytes === lengthBytes) to++;
      const stays = transmits + 1 < transmitLimit;
      if (stays) {
        this.#size += to - from;
        mergeInto(bucketOf(this.#tier(transmits + 1), lengthBytes).items, taken, from, to);
      }
      for (; from < to; from++) {
        const item = taken[from]!;
        item.transmits = transmits + 1;
        if (!stays) this.#finish(item);
      }
    }
  }

  #tier(transmits: number): Tier<T> {
    while (this.#tiers.length <= transmits) this.#tiers.push([]);
    return this.#tiers[transmits]!;
  }

  #discard(item: Item<T>): void {
    item.gone = true;
    this.#size--;
    this.#gone++;
    item.onDone?.();
    if (this.#gone > this.#size + GONE_MAX) this.#sweep();
  }

  #sweep(): void {
    for (const [transmits, tier] of this.#tiers.entries()) {
      for (const bucket of tier) bucket.items = bucket.items.filter(({ gone }) => !gone);
      this.#tiers[transmits] = tier.filter(({ items }) => items.length > 0);
    }
    this.#gone = 0;
  }

  #finish(item: Item<T>): void {
    if (item.subject !== undefined && this.#bySubject.get(item.subject) === item) this.#bySubject.delete(item.subject);
    item.onDone?.();
  }
}

function bucketOf<T>(tier: Tier<T>, lengthBytes: number): Bucket<T> {
  let lo = 0;
  let hi = tier.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (tier[middle]!.lengthBytes > lengthBytes) lo = middle + 1;
    else hi = middle;
  }
  const found = tier[lo];
  if (found?.lengthBytes === lengthBytes) return found;
  const bucket: Bucket<T> = { lengthBytes, items: [] };
  tier.splice(lo, 0, bucket);
  return bucket;
}

/** Merges `taken` from `from` to `to`, the newest first, into `items`, the oldest first. */
function mergeInto<T>(items: Item<T>[], taken: readonly Item<T>[], from: number, to: number): void {
  let old = items.length - 1;
  for (let i = to - 1; i >= from; i--) items.push(taken[i]!);
  let at = items.length - 1;
  for (let i = from; i < to && old >= 0; at--) {
    if (items[old]!.id > taken[i]!.id) items[at] = items[old--]!;
    else items[at] = taken[i++]!;
  }
  // When the old ones are all moved, the rest of the taken stands right only if it is written again.
  if (old < 0) for (let i = to - 1, head = 0; head <= at; i--, head++) items[head] = taken[i]!;
}
