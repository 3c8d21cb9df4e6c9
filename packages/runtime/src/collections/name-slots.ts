const FIRST_CAPACITY = 64;
const GROWTH = 1.5;
/** Above this share of used places probing becomes slow. */
const FULL = 0.75;
const EMPTY = -1;

/**
 * Small dense numbers for names, given back and used again. A hash table of numbers over the names: about 15 bytes per
 * entry beside the string, where a `Map` needs 37 and as much again while it grows.
 */
export class NameSlots {
  #names: (string | undefined)[] = [];
  #places = new Int32Array(FIRST_CAPACITY).fill(EMPTY);
  #free: number[] = [];

  get size(): number {
    return this.#names.length - this.#free.length;
  }

  /** Undefined when no name has the slot. */
  nameOf(slot: number): string | undefined {
    return this.#names[slot];
  }

  /** -1 when it is not there. */
  find(name: string): number {
    return this.#places[this.#placeOf(name)] as number;
  }

  /** Slot of the name, which may be there already. New ones are the smallest never used, or one given back. */
  add(name: string): number {
    let place = this.#placeOf(name);
    const known = this.#places[place] as number;
    if (known !== EMPTY) {
      return known;
    }
    if (this.size + 1 > this.#places.length * FULL) {
      this.#grow();
      place = this.#placeOf(name);
    }
    const slot = this.#free.pop() ?? this.#names.length;
    this.#names[slot] = name;
    this.#places[place] = slot;
    return slot;
  }

  /** Slot that was freed; -1 when the name was not there. */
  remove(name: string): number {
    const place = this.#placeOf(name);
    const slot = this.#places[place] as number;
    if (slot !== EMPTY) {
      this.#names[slot] = undefined;
      this.#free.push(slot);
      this.#close(place);
    }
    return slot;
  }

  /** Every slot in use, ascending. Must not be changed meanwhile. */
  *entries(): Generator<[slot: number, name: string]> {
    for (let slot = 0; slot < this.#names.length; slot++) {
      const name = this.#names[slot];
      if (name !== undefined) {
        yield [slot, name];
      }
    }
  }

  clear(): void {
    this.#names = [];
    this.#places = new Int32Array(FIRST_CAPACITY).fill(EMPTY);
    this.#free = [];
  }

  /** Where the name is, or the empty place where it belongs. */
  #placeOf(name: string): number {
    const places = this.#places;
    let place = this.#home(name);
    for (;;) {
      const slot = places[place] as number;
      if (slot === EMPTY || this.#names[slot] === name) {
        return place;
      }
      place = place + 1 === places.length ? 0 : place + 1;
    }
  }

  /** Moves those behind a removed one forward, so that no probe ends before it should. */
  #close(removed: number): void {
    const places = this.#places;
    const { length } = places;
    let gap = removed;
    let place = gap;
    for (;;) {
      place = place + 1 === length ? 0 : place + 1;
      const slot = places[place] as number;
      if (slot === EMPTY) {
        break;
      }
      const home = this.#home(this.#names[slot] as string);
      // It may move only if the gap is not before its home, counted around the end.
      if ((place - home + length) % length >= (place - gap + length) % length) {
        places[gap] = slot;
        gap = place;
      }
    }
    places[gap] = EMPTY;
  }

  #grow(): void {
    this.#places = new Int32Array(Math.ceil(this.#places.length * GROWTH)).fill(EMPTY);
    for (const [slot, name] of this.entries()) {
      this.#places[this.#placeOf(name)] = slot;
    }
  }

  /** A share of the table as large as the hash's share of 2^32: works for any length. */
  #home(name: string): number {
    return Math.floor((hash(name) / 0x1_0000_0000) * this.#places.length);
  }
}

/** 32 bits: FNV-1a over UTF-16 units, with a final mix since the high bits count here. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    bits = Math.imul(bits ^ text.charCodeAt(i), 0x01000193);
  }
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
