import { WireError } from '../errors.ts';
import { plainBytes } from './bytes.ts';

const TWO_32 = 0x1_0000_0000;
const SHORT_TEXT_BYTES = 48;
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads msgpack by demand: the caller's schema says what comes next, because nothing on the wire tells text from
 * bytes, and writers of different age choose different widths and signs for one number. It accepts any of them.
 *
 * Nothing is allocated by what a length claims: a length beyond the end is refused first, and containers say how many
 * items they claim only when there is at least a byte for each. Nothing recurses.
 *
 * Every method throws {@link WireError}: `GOSSIP_WIRE_TRUNCATED` at the end of the bytes, `GOSSIP_WIRE_KIND` when
 * something else stands there, and what it says of itself. The position is then undefined.
 */
export class MsgpackReader {
  /** Offset of the next item. */
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = plainBytes(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Number of pairs of the map that begins here; nil is an empty one. */
  mapSize(): number {
    const head = this.#u8();
    let pairs: number;
    if ((head & 0xf0) === 0x80) pairs = head & 0x0f;
    else if (head === 0xde) pairs = this.#u16();
    else if (head === 0xdf) pairs = this.#u32();
    else if (head === 0xc0) pairs = 0;
    else throw wrongKind('a map', head, this.at - 1);
    this.#need(pairs * 2);
    return pairs;
  }

  /** Number of items of the array that begins here; `null` for nil. */
  arraySize(): number | null {
    const head = this.#u8();
    let items: number;
    if ((head & 0xf0) === 0x90) items = head & 0x0f;
    else if (head === 0xdc) items = this.#u16();
    else if (head === 0xdd) items = this.#u32();
    else if (head === 0xc0) return null;
    else throw wrongKind('an array', head, this.at - 1);
    this.#need(items);
    return items;
  }

  /** True if nil stood here; it is consumed. */
  takeNil(): boolean {
    this.#need(1);
    if (this.#bytes[this.at] !== 0xc0) return false;
    this.at++;
    return true;
  }

  bool(): boolean {
    const head = this.#u8();
    if (head === 0xc3) return true;
    if (head === 0xc2 || head === 0xc0) return false;
    throw wrongKind('a boolean', head, this.at - 1);
  }

  /** 0 <= result <= max <= 2^53 - 1, from any width of either sign. Throws `GOSSIP_WIRE_RANGE` beyond. */
  uint(max: number): number {
    const value = this.#integer();
    if (value < 0 || value > max) throw new WireError('GOSSIP_WIRE_RANGE', `number ${value}, allowed are 0 to ${max}`);
    return value;
  }

  /** Within ±(2^53 - 1). Throws `GOSSIP_WIRE_RANGE` beyond. */
  int(): number {
    return this.#integer();
  }

  /** Also from an integer, since writers are free to shorten. */
  float(): number {
    this.#need(1);
    const head = this.#bytes[this.at]!;
    if (head === 0xcb) {
      this.#need(9);
      this.at += 9;
      return this.#view.getFloat64(this.at - 8);
    }
    if (head === 0xca) {
      this.#need(5);
      this.at += 5;
      return this.#view.getFloat32(this.at - 4);
    }
    return this.#integer();
  }

  /** A view of the bytes here, raw, text or binary; `null` for nil. It lives as long as the packet. */
  view(): Uint8Array | null {
    const length = this.#rawLength();
    if (length < 0) return null;
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** A copy of the bytes here, raw, text or binary; `null` for nil. */
  bytes(): Uint8Array | null {
    const length = this.#rawLength();
    if (length < 0) return null;
    this.at += length;
    return this.#bytes.slice(this.at - length, this.at);
  }

  /** Text; nil is empty. Throws `GOSSIP_WIRE_TEXT` unless it is UTF-8. */
  text(): string {
    return this.#text(strict);
  }

  /** Text with replacement characters for what is not UTF-8; nil is empty. */
  looseText(): string {
    return this.#text(lenient);
  }

  /** Whether the raw item here has exactly these bytes. It is consumed if so, else the position stays. */
  takeKey(key: Uint8Array): boolean {
    const start = this.at;
    if (this.#rawLength() !== key.length) {
      this.at = start;
      return false;
    }
    for (let i = 0; i < key.length; i++) {
      if (this.#bytes[this.at + i] === key[i]) continue;
      this.at = start;
      return false;
    }
    this.at += key.length;
    return true;
  }

  /** Passes over one item of any kind, however deep, in time linear in its bytes. */
  skip(): void {
    for (let pending = 1; pending > 0; pending--) {
      const head = this.#u8();
      pending += this.#skipHead(head);
    }
  }

  /** Passes over an item that holds no others; for one that does, returns how many follow. */
  #skipHead(head: number): number {
    if (head < 0x80 || head >= 0xe0 || head === 0xc0 || head === 0xc2 || head === 0xc3) return 0;
    if (head < 0x90) return (head & 0x0f) * 2;
    if (head < 0xa0) return head & 0x0f;
    if (head < 0xc0) return this.#pass(head & 0x1f);
    const fixed = FIXED_BYTES[head - 0xc0]!;
    if (fixed > 0) return this.#pass(fixed);
    switch (head) {
      case 0xc4:
      case 0xd9:
        return this.#pass(this.#u8());
      case 0xc5:
      case 0xda:
        return this.#pass(this.#u16());
      case 0xc6:
      case 0xdb:
        return this.#pass(this.#u32());
      case 0xc7:
        return this.#pass(this.#u8() + 1);
      case 0xc8:
        return this.#pass(this.#u16() + 1);
      case 0xc9:
        return this.#pass(this.#u32() + 1);
      case 0xdc:
        return this.#u16();
      case 0xdd:
        return this.#u32();
      case 0xde:
        return this.#u16() * 2;
      case 0xdf:
        return this.#u32() * 2;
      default:
        throw wrongKind('an item', head, this.at - 1);
    }
  }

  #pass(length: number): 0 {
    this.#need(length);
    this.at += length;
    return 0;
  }

  #text(decoder: { decode(bytes: Uint8Array): string }): string {
    const length = this.#rawLength();
    if (length <= 0) return '';
    const start = this.at;
    this.at += length;
    if (length <= SHORT_TEXT_BYTES) {
      const ascii = asciiOf(this.#bytes, start, this.at);
      if (ascii !== undefined) return ascii;
    }
    try {
      return decoder.decode(this.#bytes.subarray(start, this.at));
    } catch (error) {
      throw new WireError('GOSSIP_WIRE_TEXT', `${length} bytes at ${start} are not UTF-8`, {}, { cause: error });
    }
  }

  /** Length of the raw item here, -1 for nil; the position is then at its first byte, and all of them are there. */
  #rawLength(): number {
    const head = this.#u8();
    let length: number;
    if ((head & 0xe0) === 0xa0) length = head & 0x1f;
    else if (head === 0xda || head === 0xc5) length = this.#u16();
    else if (head === 0xdb || head === 0xc6) length = this.#u32();
    else if (head === 0xd9 || head === 0xc4) length = this.#u8();
    else if (head === 0xc0) return -1;
    else throw wrongKind('text or bytes', head, this.at - 1);
    this.#need(length);
    return length;
  }

  #integer(): number {
    const head = this.#u8();
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    const at = this.at;
    const width = INTEGER_BYTES[head];
    if (width === undefined) throw wrongKind('an integer', head, at - 1);
    this.#need(width);
    this.at = at + width;
    switch (head) {
      case 0xcc:
        return this.#view.getUint8(at);
      case 0xcd:
        return this.#view.getUint16(at);
      case 0xce:
        return this.#view.getUint32(at);
      case 0xd0:
        return this.#view.getInt8(at);
      case 0xd1:
        return this.#view.getInt16(at);
      case 0xd2:
        return this.#view.getInt32(at);
      default:
        return this.#wide(head === 0xd3, at);
    }
  }

  #wide(signed: boolean, at: number): number {
    const high = signed ? this.#view.getInt32(at) : this.#view.getUint32(at);
    const value = high * TWO_32 + this.#view.getUint32(at + 4);
    if (Number.isSafeInteger(value)) return value;
    throw new WireError('GOSSIP_WIRE_RANGE', `number near ${value}, beyond ±(2^53 - 1)`);
  }

  #u8(): number {
    this.#need(1);
    return this.#bytes[this.at++]!;
  }

  #u16(): number {
    this.#need(2);
    this.at += 2;
    return this.#view.getUint16(this.at - 2);
  }

  #u32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4);
  }

  #need(bytes: number): void {
    const neededBytes = this.at + bytes;
    if (neededBytes <= this.#bytes.length) return;
    throw new WireError('GOSSIP_WIRE_TRUNCATED', `${this.#bytes.length} bytes, at least ${neededBytes} needed`, {
      neededBytes,
    });
  }
}

const INTEGER_BYTES: Readonly<Record<number, number>> = {
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/** Bytes after the heads c0 to df, where that alone decides; else 0. */
const FIXED_BYTES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0];

function asciiOf(bytes: Uint8Array, lo: number, hi: number): string | undefined {
  let text = '';
  for (let i = lo; i < hi; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function wrongKind(wanted: string, head: number, at: number): WireError {
  return new WireError('GOSSIP_WIRE_KIND', `0x${head.toString(16)} at byte ${at}, where ${wanted} belongs`);
}
