/** Cumulative acknowledgement of numbered messages, some of which wait for a commit. */
export class AckWindow {
  readonly #open = new Set<number>();
  #highest = 0;
  #acked = 0;

  /** Highest number seen. */
  get highest(): number {
    return this.#highest;
  }

  /** Messages waiting for their commit. */
  get openCount(): number {
    return this.#open.size;
  }

  /** @returns false when `seq` does not follow the last one: the order is broken */
  receive(seq: number, durable: boolean): boolean {
    if (seq !== this.#highest + 1) return false;
    this.#highest = seq;
    if (durable) this.#open.add(seq);
    return true;
  }

  commit(seq: number): void {
    this.#open.delete(seq);
  }

  /** The number to acknowledge now; undefined when nothing new may be. */
  advance(): number | undefined {
    // Insertion order is number order.
    const [oldestOpen] = this.#open;
    const upTo = oldestOpen === undefined ? this.#highest : oldestOpen - 1;
    if (upTo <= this.#acked) return undefined;
    this.#acked = upTo;
    return upTo;
  }
}
