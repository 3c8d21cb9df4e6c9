import { PluginWireError } from '../errors.ts';

const MAX_SCALAR_BYTES = 8;
const SIGNED_BITS = 64;

/** Bytes of one message, read from the front. Throws `PluginWireError` `PLUGIN_GOB` where they end early. */
export class ScalarReader {
  readonly #bytes: Uint8Array;
  readonly #text = new TextDecoder('utf-8', { ignoreBOM: true });
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  uint(): bigint {
    const first = this.#byte();
    if (first < 0x80) return BigInt(first);
    const count = 256 - first;
    if (count > MAX_SCALAR_BYTES) throw new PluginWireError('PLUGIN_GOB', `gob number of ${count} bytes, at most 8`);
    let value = 0n;
    for (const byte of this.take(count)) value = (value << 8n) | BigInt(byte);
    return value;
  }

  int(): bigint {
    const bits = this.uint();
    return BigInt.asIntN(SIGNED_BITS, bits & 1n ? ~(bits >> 1n) : bits >> 1n);
  }

  /** A count or length of what follows, which takes a byte of each at least: never more than are left. */
  count(): number {
    const count = this.uint();
    if (count > BigInt(this.left)) {
      throw new PluginWireError('PLUGIN_GOB', `gob message claims ${count} more, ${this.left} bytes are left`);
    }
    return Number(count);
  }

  bool(): boolean {
    const value = this.uint();
    if (value > 1n) throw new PluginWireError('PLUGIN_GOB', `gob boolean is ${value}, must be 0 or 1`);
    return value === 1n;
  }

  /** IEEE bits in reverse order of bytes. */
  float(): number {
    const view = new DataView(new ArrayBuffer(MAX_SCALAR_BYTES));
    view.setBigUint64(0, this.uint());
    return view.getFloat64(0, true);
  }

  /** A copy, so that it does not keep what surrounds it. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.take(this.count()));
  }

  /** Odd bytes become replacement characters, as Go's strings need not be UTF-8. */
  string(): string {
    return this.#text.decode(this.take(this.count()));
  }

  take(count: number): Uint8Array {
    if (count > this.left) {
      throw new PluginWireError('PLUGIN_GOB', `gob message ends early: ${count} bytes wanted, ${this.left} left`);
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #byte(): number {
    return this.take(1)[0]!;
  }
}
