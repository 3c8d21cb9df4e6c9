/** A digest of the whole state after the entry at `index`; equal on all servers. */
export interface StateHash {
  readonly index: bigint;
  /** SHA-256, hex. */
  readonly hash: string;
}

const KEPT_MAX = 16;

/** Hashes at every N-th index, so that servers at different indexes have some in common. */
export class HashCheckpoints {
  readonly #everyEntries: bigint;
  #kept: StateHash[] = [];

  constructor(everyEntries: number) {
    this.#everyEntries = BigInt(everyEntries);
  }

  isDue(index: bigint): boolean {
    return index % this.#everyEntries === 0n;
  }

  add(checkpoints: readonly StateHash[]): void {
    this.#kept = [...this.#kept, ...checkpoints].slice(-KEPT_MAX);
  }

  list(): readonly StateHash[] {
    return this.#kept;
  }
}
