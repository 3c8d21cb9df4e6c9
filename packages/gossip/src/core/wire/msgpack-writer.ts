/**
 * How positive numbers of Go's signed types are written; readers accept both. `unsigned`: in the shortest unsigned
 * form, as go-msgpack 0.5 does. `signed`: from 128 on as int16, int32 or int64, as go-msgpack 2 does.
 */
export type IntStyle = 'unsigned' | 'signed';

const MIN_CAPACITY = 256;
const TWO_32 = 0x1_0000_0000;
const encoder = new TextEncoder();

/**
 * Writes msgpack as the originals do: text and bytes alike in the raw form of the old specification, which knows no
 * byte strings, and every number as short as its Go type is written. Not a general encoder: the caller's schema
 * decides what is written and in which order.
 */
export class MsgpackWriter {
  #intStyle: IntStyle;
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(intStyle: IntStyle = 'unsigned', capacity = MIN_CAPACITY) {
    this.#intStyle = intStyle;
    this.#bytes = new Uint8Array(Math.max(capacity, MIN_CAPACITY));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Forgets what was written, and keeps the memory. */
  reset(intStyle: IntStyle): void {
    this.#intStyle = intStyle;
    this.#length = 0;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** One byte as it is, outside msgpack: message types. */
  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Bytes as they are, without a header. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  nil(): void {
    this.byte(0xc0);
  }

  bool(value: boolean): void {
    this.byte(value ? 0xc3 : 0xc2);
  }

  mapHeader(pairs: number): void {
    if (pairs < 16) this.byte(0x80 | pairs);
    else this.#u16or32(0xde, 0xdf, pairs);
  }

  arrayHeader(items: number): void {
    if (items < 16) this.byte(0x90 | items);
    else this.#u16or32(0xdc, 0xdd, items);
  }

  /** A Go unsigned number: 0 <= value <= 2^53 - 1, in the shortest form. */
  uint(value: number): void {
    this.#reserve(9);
    const at = this.#length;
    if (value < 0x80) {
      this.#bytes[at] = value;
      this.#length = at + 1;
    } else if (value < 0x100) {
      this.#bytes[at] = 0xcc;
      this.#bytes[at + 1] = value;
      this.#length = at + 2;
    } else if (value < 0x1_0000) {
      this.#bytes[at] = 0xcd;
      this.#view.setUint16(at + 1, value);
      this.#length = at + 3;
    } else if (value < TWO_32) {
      this.#bytes[at] = 0xce;
      this.#view.setUint32(at + 1, value);
      this.#length = at + 5;
    } else {
      this.#wide(0xcf, value);
    }
  }

  /** A Go signed number within ±(2^53 - 1). Positive ones follow the {@link IntStyle}. */
  int(value: number): void {
    if (value >= 0 && (value < 0x80 || this.#intStyle === 'unsigned')) return this.uint(value);
    this.#reserve(9);
    const at = this.#length;
    if (value >= -0x80 && value < 0x80) {
      if (value < -0x20) this.#bytes[this.#length++] = 0xd0;
      this.#view.setInt8(this.#length++, value);
    } else if (value >= -0x8000 && value < 0x8000) {
      this.#bytes[at] = 0xd1;
      this.#view.setInt16(at + 1, value);
      this.#length = at + 3;
    } else if (value >= -0x8000_0000 && value < 0x8000_0000) {
      this.#bytes[at] = 0xd2;
      this.#view.setInt32(at + 1, value);
      this.#length = at + 5;
    } else {
      this.#wide(0xd3, value);
    }
  }

  /** Always eight bytes, zero too. */
  float(value: number): void {
    this.#reserve(9);
    this.#bytes[this.#length] = 0xcb;
    this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
  }

  /** Bytes or text in the raw form; `null` is nil, which Go tells from empty. */
  raw(bytes: Uint8Array | null): void {
    if (bytes === null) return this.nil();
    if (bytes.length < 32) this.byte(0xa0 | bytes.length);
    else this.#u16or32(0xda, 0xdb, bytes.length);
    this.append(bytes);
  }

  text(value: string): void {
    if (value.length >= 32 || !this.#shortAscii(value)) this.raw(encoder.encode(value));
  }

  /** Writes text of less than 32 characters if all are ASCII; else writes nothing and returns false. */
  #shortAscii(value: string): boolean {
    const { length } = value;
    this.#reserve(length + 1);
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return false;
      this.#bytes[start + i] = code;
    }
    this.#bytes[start - 1] = 0xa0 | length;
    this.#length = start + length;
    return true;
  }

  #u16or32(short: number, long: number, value: number): void {
    this.#reserve(5);
    const at = this.#length;
    if (value < 0x1_0000) {
      this.#bytes[at] = short;
      this.#view.setUint16(at + 1, value);
      this.#length = at + 3;
    } else {
      this.#bytes[at] = long;
      this.#view.setUint32(at + 1, value);
      this.#length = at + 5;
    }
  }

  #wide(header: number, value: number): void {
    const at = this.#length;
    this.#bytes[at] = header;
    this.#view.setInt32(at + 1, Math.floor(value / TWO_32));
    this.#view.setUint32(at + 5, value >>> 0);
    this.#length = at + 9;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const scratch = new MsgpackWriter();

/**
 * One writer for all messages of packet size, so that each costs no memory but its own. Take it, write and finish
 * without calling anything that takes it too.
 */
export function scratchWriter(intStyle: IntStyle = 'unsigned'): MsgpackWriter {
  scratch.reset(intStyle);
  return scratch;
}
