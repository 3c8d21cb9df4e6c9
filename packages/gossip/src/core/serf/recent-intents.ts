/** Most intents of unknown members that we keep; the oldest go first. */
const MAX_INTENTS = 65_536;

interface RecentIntent {
  readonly kind: 'join' | 'leave';
  readonly lamportTime: number;
  readonly atMs: number;
}

/** Intents of members that we have not heard of yet: gossip has no order. For each name the newest. */
export class RecentIntents {
  /** In the order of arrival. */
  readonly #byName = new Map<string, RecentIntent>();

  get size(): number {
    return this.#byName.size;
  }

  /** Whether it is newer than what was known of `name`. */
  put(name: string, kind: 'join' | 'leave', lamportTime: number, nowMs: number): boolean {
    const known = this.#byName.get(name);
    if (known !== undefined && lamportTime <= known.lamportTime) return false;
    this.#byName.delete(name);
    this.#byName.set(name, { kind, lamportTime, atMs: nowMs });
    if (this.#byName.size > MAX_INTENTS) {
      for (const oldest of this.#byName.keys()) {
        this.#byName.delete(oldest);
        break;
      }
    }
    return true;
  }

  /** Drops an intent to leave of exactly that time. */
  dropLeave(name: string, lamportTime: number): void {
    const known = this.#byName.get(name);
    if (known?.kind === 'leave' && known.lamportTime === lamportTime) this.#byName.delete(name);
  }

  /** The intent of `name`, which is known now. It stays until it is old, for the member may be forgotten again. */
  get(name: string): { readonly kind: 'join' | 'leave'; readonly lamportTime: number } | undefined {
    return this.#byName.get(name);
  }

  /** Drops what is older than `olderThanMs`. */
  reap(nowMs: number, olderThanMs: number): void {
    for (const [name, { atMs }] of this.#byName) {
      if (nowMs - atMs <= olderThanMs) return;
      this.#byName.delete(name);
    }
  }
}
