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
}

/**
 * News waiting to be sent, the least sent first, then the longest, then the newest. Each leaves after as many packets
 * as the limit says.
 */
export class TransmitQueue<T> {
  /** Index: how often sent. Each sorted by length, then id, both descending. */
  readonly #tiers: Item<T>[][] = [];
  readonly #bySubject = new Map<string, Item<T>>();
  #nextId = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(broadcast: Broadcast<T>): void {
    const { value, lengthBytes, subject, onDone } = broadcast;
    const item: Item<T> = { value, lengthBytes, subject, onDone, id: this.#nextId++, transmits: 0 };
    if (subject !== undefined) {
      const replaced = this.#bySubject.get(subject);
      if (replaced !== undefined) this.#discard(replaced);
      this.#bySubject.set(subject, item);
    }
    this.#insert(item);
  }

  /**
   * What to put into one packet with room for `limitBytes`, where each takes `overheadBytes` more than its length;
   * `maxItems` at most. They count as sent once; what reaches `transmitLimit` leaves the queue.
   */
  take(overheadBytes: number, limitBytes: number, transmitLimit: number, maxItems = Infinity): T[] {
    const taken: Item<T>[] = [];
    let roomBytes = limitBytes;
    for (const tier of this.#tiers) {
      let at = 0;
      while (taken.length < maxItems) {
        at = firstFitting(tier, roomBytes - overheadBytes, at);
        const item = tier[at];
        if (item === undefined) break;
        tier.splice(at, 1);
        roomBytes -= item.lengthBytes + overheadBytes;
        taken.push(item);
      }
    }
    this.#size -= taken.length;
    const values = taken.map(({ value }) => value);
    for (const item of taken) {
      item.transmits++;
      if (item.transmits >= transmitLimit) this.#finish(item);
      else this.#insert(item);
    }
    return values;
  }

  /** Keeps at most `maxItems`, dropping those sent most often first, then the shortest, then the oldest. */
  prune(maxItems: number): void {
    while (this.#size > maxItems) {
      const last = this.#tiers.findLast((tier) => tier.length > 0)!.at(-1)!;
      this.#discard(last);
    }
  }

  #insert(item: Item<T>): void {
    while (this.#tiers.length <= item.transmits) this.#tiers.push([]);
    const tier = this.#tiers[item.transmits]!;
    tier.splice(positionOf(tier, item), 0, item);
    this.#size++;
  }

  #discard(item: Item<T>): void {
    const tier = this.#tiers[item.transmits]!;
    tier.splice(positionOf(tier, item), 1);
    this.#size--;
    this.#finish(item);
  }

  #finish(item: Item<T>): void {
    if (item.subject !== undefined && this.#bySubject.get(item.subject) === item) this.#bySubject.delete(item.subject);
    item.onDone?.();
  }
}

/** Where `item` is, or would be. */
function positionOf<T>(tier: readonly Item<T>[], item: Item<T>): number {
  return lowerBound(tier, 0, (other) => {
    return other.lengthBytes > item.lengthBytes || (other.lengthBytes === item.lengthBytes && other.id > item.id);
  });
}

/** The first from `lo` of at most `roomBytes`. */
function firstFitting<T>(tier: readonly Item<T>[], roomBytes: number, lo: number): number {
  return lowerBound(tier, lo, (other) => other.lengthBytes > roomBytes);
}

function lowerBound<T>(tier: readonly Item<T>[], from: number, isBefore: (item: Item<T>) => boolean): number {
  let lo = from;
  let hi = tier.length;
  while (lo < hi) {
    const middle = (lo + hi) >>> 1;
    if (isBefore(tier[middle]!)) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
