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

/** All of one length, the oldest first. */
interface Bucket<T> {
  readonly lengthBytes: number;
  /** Slots of the items, and beside them their values, so that a packet is filled without looking at the items. */
  slots: number[];
  values: T[];
}

/** All that were sent equally often, the longest first. */
type Tier<T> = Bucket<T>[];

/** What one packet takes of one bucket, the newest first. */
interface Run<T> {
  readonly transmits: number;
  readonly lengthBytes: number;
  readonly slots: number[];
  readonly values: T[];
}

/** More than so many gone ones, and more than are waiting: then all tiers are swept. */
const GONE_MAX = 16;

/**
 * News waiting to be sent, the least sent first, then the longest, then the newest. Each leaves after as many packets
 * as the limit says.
 */
export class TransmitQueue<T> {
  /** Index: how often sent. */
  readonly #tiers: Tier<T>[] = [];
  /** Slot of the latest news, by subject. */
  readonly #bySubject = new Map<string, number>();
  /** By slot: the order of adding. */
  readonly #ids: number[] = [];
  /** By slot: replaced by newer news. It stays in its bucket until its turn comes or all is swept. */
  readonly #isGone: boolean[] = [];
  readonly #subjects: (string | undefined)[] = [];
  readonly #onDone: ((() => void) | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #nextId = 0;
  #size = 0;
  #gone = 0;

  get size(): number {
    return this.#size;
  }

  add(broadcast: Broadcast<T>): void {
    const { value, lengthBytes, subject, onDone } = broadcast;
    const slot = this.#freeSlots.pop() ?? this.#ids.length;
    this.#ids[slot] = this.#nextId++;
    this.#isGone[slot] = false;
    this.#subjects[slot] = subject;
    this.#onDone[slot] = onDone;
    const bucket = bucketOf(this.#tier(0), lengthBytes);
    bucket.slots.push(slot);
    bucket.values.push(value);
    this.#size++;
    if (subject === undefined) return;
    const replaced = this.#bySubject.get(subject);
    this.#bySubject.set(subject, slot);
    if (replaced !== undefined) this.#discard(replaced);
  }

  /**
   * What to put into one packet with room for `limitBytes`, where each takes `overheadBytes` more than its length;
   * `maxItems` at most. They count as sent once; what reaches `transmitLimit` leaves the queue.
   */
  take(overheadBytes: number, limitBytes: number, transmitLimit: number, maxItems = Infinity): T[] {
    const taken: T[] = [];
    const runs: Run<T>[] = [];
    let roomBytes = limitBytes - overheadBytes;
    for (let transmits = 0; transmits < this.#tiers.length && roomBytes >= 0; transmits++) {
      // What did not fit cannot fit later: the room only shrinks.
      for (const bucket of this.#tiers[transmits]!) {
        const { lengthBytes } = bucket;
        if (lengthBytes > roomBytes || bucket.slots.length === 0) continue;
        const partBytes = lengthBytes + overheadBytes;
        const mostItems = partBytes === 0 ? Infinity : Math.floor((roomBytes - lengthBytes) / partBytes) + 1;
        const slots = this.#pop(bucket, Math.min(mostItems, maxItems - taken.length), taken);
        if (slots.length === 0) continue;
        runs.push({ transmits, lengthBytes, slots, values: taken.slice(-slots.length) });
        roomBytes -= slots.length * partBytes;
      }
    }
    this.#size -= taken.length;
    for (const run of runs) this.#putBack(run, transmitLimit);
    return taken;
  }

  /** Keeps at most `maxItems`, dropping those sent most often first, then the shortest, then the oldest. */
  prune(maxItems: number): void {
    if (this.#size <= maxItems) return;
    this.#sweep();
    while (this.#size > maxItems) {
      const last = this.#tiers.findLast((tier) => tier.length > 0)!;
      const { slots, values } = last.at(-1)!;
      const slot = slots.shift()!;
      values.shift();
      if (slots.length === 0) last.pop();
      this.#size--;
      this.#finish(slot);
    }
  }

  /** Moves up to `count` from the bucket: values to the end of `taken`, slots into the result. */
  #pop({ slots, values }: Bucket<T>, count: number, taken: T[]): number[] {
    const popped: number[] = [];
    while (popped.length < count && slots.length > 0) {
      const slot = slots.pop()!;
      const value = values.pop()!;
      if (this.#isGone[slot]) {
        this.#gone--;
        this.#freeSlots.push(slot);
      } else {
        popped.push(slot);
        taken.push(value);
      }
    }
    return popped;
  }

  /** Counts one packet more for each, and puts those back that want more. */
  #putBack(run: Run<T>, transmitLimit: number): void {
    const { lengthBytes, slots } = run;
    const transmits = run.transmits + 1;
    if (transmits >= transmitLimit) {
      for (const slot of slots) this.#finish(slot);
    } else {
      this.#size += slots.length;
      this.#merge(bucketOf(this.#tier(transmits), lengthBytes), run);
    }
  }

  /** Merges what is in order, the newest first, into a bucket, the oldest first. */
  #merge(bucket: Bucket<T>, { slots, values }: Run<T>): void {
    let old = bucket.slots.length - 1;
    for (let i = slots.length - 1; i >= 0; i--) {
      bucket.slots.push(slots[i]!);
      bucket.values.push(values[i]!);
    }
    // Nearly always what comes is newer than what is there.
    if (old < 0 || this.#ids[bucket.slots[old]!]! < this.#ids[slots.at(-1)!]!) return;
    let at = bucket.slots.length - 1;
    for (let i = 0; i < slots.length; at--) {
      if (old >= 0 && this.#ids[bucket.slots[old]!]! > this.#ids[slots[i]!]!) {
        bucket.slots[at] = bucket.slots[old]!;
        bucket.values[at] = bucket.values[old--]!;
      } else {
        bucket.slots[at] = slots[i]!;
        bucket.values[at] = values[i++]!;
      }
    }
  }

  #tier(transmits: number): Tier<T> {
    while (this.#tiers.length <= transmits) this.#tiers.push([]);
    return this.#tiers[transmits]!;
  }

  #discard(slot: number): void {
    this.#isGone[slot] = true;
    this.#size--;
    this.#gone++;
    this.#onDone[slot]?.();
    if (this.#gone > this.#size + GONE_MAX) this.#sweep();
  }

  #sweep(): void {
    for (const [transmits, tier] of this.#tiers.entries()) {
      for (const bucket of tier) this.#sweepBucket(bucket);
      this.#tiers[transmits] = tier.filter(({ slots }) => slots.length > 0);
    }
    this.#gone = 0;
  }

  #sweepBucket({ slots, values }: Bucket<T>): void {
    let kept = 0;
    for (const [i, slot] of slots.entries()) {
      if (this.#isGone[slot]) {
        this.#freeSlots.push(slot);
      } else {
        slots[kept] = slot;
        values[kept++] = values[i]!;
      }
    }
    slots.length = kept;
    values.length = kept;
  }

  #finish(slot: number): void {
    const subject = this.#subjects[slot];
    if (subject !== undefined) this.#bySubject.delete(subject);
    const onDone = this.#onDone[slot];
    this.#onDone[slot] = undefined;
    this.#freeSlots.push(slot);
    onDone?.();
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
  const bucket: Bucket<T> = { lengthBytes, slots: [], values: [] };
  tier.splice(lo, 0, bucket);
  return bucket;
}
