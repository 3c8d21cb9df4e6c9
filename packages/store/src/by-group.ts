/** Values by group. One, the usual number, costs no map. */
export class ByGroup<V> {
  #group: bigint | undefined;
  #value: V | undefined;
  #others: Map<bigint, V> | undefined;

  get size(): number {
    return (this.#group === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(group: bigint): V | undefined {
    return group === this.#group ? this.#value : this.#others?.get(group);
  }

  set(group: bigint, value: V): void {
    if (group === this.#group || (this.#group === undefined && this.#others?.has(group) !== true)) {
      this.#group = group;
      this.#value = value;
    } else {
      this.#others ??= new Map();
      this.#others.set(group, value);
    }
  }

  delete(group: bigint): void {
    if (group === this.#group) {
      this.#group = undefined;
      this.#value = undefined;
    } else {
      this.#others?.delete(group);
    }
  }

  /** In no particular order. */
  values(): V[] {
    const others = this.#others === undefined ? [] : [...this.#others.values()];
    return this.#group === undefined ? others : [this.#value as V, ...others];
  }
}
