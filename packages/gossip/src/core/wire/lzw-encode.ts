import { CLEAR_CODE, CODE_COUNT, END_CODE, FIRST_WIDTH } from './lzw.ts';

const LITERAL_BITS = 8;
const CODE_BITS = 12;
const CODE_MASK = (1 << CODE_BITS) - 1;
/** Four slots for each code that can exist, so that searches stay short. */
const SLOTS = CODE_COUNT * 4;
const HASH_SHIFT = 6;

/** Prefixes seen since the last clear: key (code and next byte) in the high 20 bits, its code in the low 12. */
const table = new Uint32Array(SLOTS);

/**
 * LZW of the bytes, identical to what Go's `compress/lzw` writes for them in one go.
 * Runs to the end without interruption, so that all calls share one table.
 */
export function lzwEncode(input: Uint8Array): Uint8Array {
  const out = new CodeWriter(input.length);
  out.write(CLEAR_CODE);
  table.fill(0);
  let code = input[0];
  if (code === undefined) return out.end();
  for (let i = 1; i < input.length; i++) {
    const byte = input[i]!;
    const key = (code << LITERAL_BITS) | byte;
    let slot = hash(key);
    while (table[slot] !== 0 && table[slot]! >>> CODE_BITS !== key) slot = (slot + 1) & (SLOTS - 1);
    if (table[slot] !== 0) {
      code = table[slot]! & CODE_MASK;
      continue;
    }
    out.write(code);
    code = byte;
    if (out.countEntry()) table[slot] = ((key << CODE_BITS) | out.high) >>> 0;
    else table.fill(0);
  }
  out.write(code);
  out.countEntry();
  return out.end();
}

function hash(key: number): number {
  return ((key >>> HASH_SHIFT) ^ key) & (SLOTS - 1);
}

/** Packs codes into bytes, and knows their width. */
class CodeWriter {
  /** Code of the entry counted last. */
  high = END_CODE;
  #bytes: Uint8Array;
  #length = 0;
  #width = FIRST_WIDTH;
  #bits = 0;
  #bitCount = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(expectedBytes + 16);
  }

  write(code: number): void {
    this.#bits |= code << this.#bitCount;
    this.#bitCount += this.#width;
    while (this.#bitCount >= 8) {
      this.#push(this.#bits & 0xff);
      this.#bits >>>= 8;
      this.#bitCount -= 8;
    }
  }

  /** After a code was written: there is one more entry. False when codes ran out and a clear was written instead. */
  countEntry(): boolean {
    this.high++;
    if (this.high === 1 << this.#width) this.#width++;
    if (this.high < CODE_COUNT - 1) return true;
    this.write(CLEAR_CODE);
    this.#width = FIRST_WIDTH;
    this.high = END_CODE;
    return false;
  }

  end(): Uint8Array {
    this.write(END_CODE);
    if (this.#bitCount > 0) this.#push(this.#bits & 0xff);
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.#length++] = byte;
  }
}
