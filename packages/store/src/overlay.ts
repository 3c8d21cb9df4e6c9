/** Changes over a map that is read elsewhere and stays as it is meanwhile; remembers removals and what was read. */
export class Overlay<K, V> {
  readonly #changes = new Map<K, V | undefined>();
  readonly #known = new Map<K, V | undefined>();
  readonly #read: (key: K) => V | undefined;

  constructor(read: (key: K) => V | undefined) {
    this.#read = read;
  }

  get(key: K): V | undefined {
    if (this.#changes.has(key)) {
      return this.#changes.get(key);
    }
    if (!this.#known.has(key)) {
      this.#known.set(key, this.#read(key));
    }
    return this.#known.get(key);
  }

  /** Undefined removes. */
  set(key: K, value: V | undefined): void {
    this.#changes.delete(key);
    this.#changes.set(key, value);
  }

  changed(key: K): boolean {
    return this.#changes.has(key);
  }

  /** What is there now: of `below` what was not changed, then what was set, in order of the last time. */
  *over(below: Iterable<[K, V]>): Generator<[K, V]> {
    for (const entry of below) if (!this.changed(entry[0])) yield entry;
    // A copy: the caller removes while it walks, which would bring removed keys to the end of the walk.
    const set = Array.from(this.changes());
    for (const [key, value] of set) if (value !== undefined) yield [key, value];
  }

  /** Every key that was set, in order of the last time. */
  changes(): IterableIterator<[K, V | undefined]> {
    return this.#changes.entries();
  }
}
