/** Changes over a map that is read elsewhere; remembers removals. */
export class Overlay<K, V> {
  readonly #changes = new Map<K, V | undefined>();
  readonly #read: (key: K) => V | undefined;

  constructor(read: (key: K) => V | undefined) {
    this.#read = read;
  }

  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#read(key);
  }

  /** Undefined removes. */
  set(key: K, value: V | undefined): void {
    this.#changes.delete(key);
    this.#changes.set(key, value);
  }

  changed(key: K): boolean {
    return this.#changes.has(key);
  }

  /** Every key that was set, in order of the last time. */
  changes(): IterableIterator<[K, V | undefined]> {
    return this.#changes.entries();
  }
}
