import { LAMPORT_MAX, type LamportClock } from './lamport-clock.ts';

/** What became of something put into a ring. */
export type RingResult =
  /** The first time we see it. */
  | 'new'
  | 'repeat'
  /** Older than the ring reaches back, or before the least time. */
  | 'outdated'
  /** Too many of one Lamport time. */
  | 'full';

interface Slot<T> {
  readonly lamportTime: number;
  readonly items: Map<string | number, T>;
  bytes: number;
}

export interface RingLimits {
  /** Lamport times remembered. */
  readonly slots: number;
  readonly itemsPerSlot: number;
  /** All items together; beyond it the oldest Lamport times are forgotten, and never taken again. */
  readonly maxBytes: number;
}

/** Remembers what was seen at the latest Lamport times, so that each is taken once. */
export class LamportRing<T> {
  /** Nothing before this is taken. */
  minTime = 0;
  readonly #clock: LamportClock;
  readonly #limits: RingLimits;
  readonly #slots: (Slot<T> | undefined)[];
  #bytes = 0;

  /** The clock goes beyond all that is put in. */
  constructor(clock: LamportClock, limits: RingLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#slots = Array.from({ length: limits.slots });
  }

  /** `bytes` is what the item takes. */
  put(lamportTime: number, key: string | number, item: T, bytes: number): RingResult {
    if (lamportTime > LAMPORT_MAX) return 'outdated';
    this.#clock.witness(lamportTime);
    const { slots, itemsPerSlot } = this.#limits;
    if (lamportTime < this.minTime || lamportTime < this.#clock.time - slots) return 'outdated';
    const at = lamportTime % slots;
    let slot = this.#slots[at];
    if (slot?.lamportTime !== lamportTime) {
      this.#bytes -= slot?.bytes ?? 0;
      slot = { lamportTime, items: new Map(), bytes: 0 };
      this.#slots[at] = slot;
    }
    if (slot.items.has(key)) return 'repeat';
    if (slot.items.size >= itemsPerSlot) return 'full';
    slot.items.set(key, item);
    slot.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#limits.maxBytes) this.#forgetOldest();
    return 'new';
  }

  /** One entry for each slot, in the order of the ring. */
  slots(): readonly ({ readonly lamportTime: number; readonly items: ReadonlyMap<string | number, T> } | undefined)[] {
    return this.#slots;
  }

  #forgetOldest(): void {
    let oldest: Slot<T> | undefined;
    for (const slot of this.#slots) {
      if (slot !== undefined && !(slot.lamportTime >= (oldest?.lamportTime ?? Infinity))) oldest = slot;
    }
    this.#bytes -= oldest!.bytes;
    this.minTime = Math.max(this.minTime, oldest!.lamportTime + 1);
    this.#slots[oldest!.lamportTime % this.#limits.slots] = undefined;
  }
}
