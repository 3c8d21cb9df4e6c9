/** Why a key ring was left as it was. */
export type KeyRefusal =
  /** A key must have 16, 24 or 32 bytes. */
  | 'length'
  /** Only a key of the ring can be used. */
  | 'unknown'
  /** The primary key cannot be removed: use another first. */
  | 'primary'
  /** {@link KEYRING_MAX_KEYS} keys are there: every packet of a stranger is tried with each. */
  | 'full';

/** Most keys of one ring. A rotation needs two. */
export const KEYRING_MAX_KEYS = 64;
const KEY_LENGTHS: readonly number[] = [16, 24, 32];

/** AES keys of a pool. The first, the primary, seals; any opens. Rotation: add everywhere, use everywhere, remove. */
export class Keyring {
  #keys: readonly Uint8Array[] = [];

  /** The first key becomes the primary. Throws RangeError for a key of wrong length. */
  constructor(keys: readonly Uint8Array[] = []) {
    for (const key of keys) {
      const refusal = this.add(key);
      if (refusal !== undefined) throw new RangeError(`key of ${key.length} bytes: ${refusal}`);
    }
  }

  /** Primary first. The array does not change later. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  /** `undefined` while the ring is empty: nothing is sealed then. */
  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  /** Adds a key behind the others; one that is there stays where it is. The key is copied. */
  add(key: Uint8Array): KeyRefusal | undefined {
    if (!KEY_LENGTHS.includes(key.length)) return 'length';
    if (this.#indexOf(key) >= 0) return undefined;
    if (this.#keys.length >= KEYRING_MAX_KEYS) return 'full';
    this.#keys = [...this.#keys, Uint8Array.from(key)];
    return undefined;
  }

  /** Makes a key of the ring the primary. */
  use(key: Uint8Array): KeyRefusal | undefined {
    const found = this.#keys[this.#indexOf(key)];
    if (found === undefined) return 'unknown';
    this.#keys = [found, ...this.#keys.filter((other) => other !== found)];
    return undefined;
  }

  /** Removes a key other than the primary; one that is not there is no refusal. */
  remove(key: Uint8Array): KeyRefusal | undefined {
    const index = this.#indexOf(key);
    if (index === 0) return 'primary';
    if (index > 0) this.#keys = this.#keys.toSpliced(index, 1);
    return undefined;
  }

  #indexOf(key: Uint8Array): number {
    return this.#keys.findIndex((own) => own.length === key.length && own.every((byte, i) => byte === key[i]));
  }
}
