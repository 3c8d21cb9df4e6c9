import { RE2JS } from 're2js';

/** Collects the beginning of a body and searches it in linear time for an expression in RE2 syntax. */
export class ExpectedBody {
  readonly #bytesMax: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #cut = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** True when the body was longer than what is searched. */
  get cut(): boolean {
    return this.#cut;
  }

  add(chunk: Uint8Array): void {
    const room = this.#bytesMax - this.#bytes;
    if (chunk.length > room) this.#cut = true;
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    this.#chunks.push(kept);
    this.#bytes += kept.length;
  }

  /** An expression that cannot be read matches nothing. */
  matches(expression: string): boolean {
    try {
      return RE2JS.compile(expression).matcher(Buffer.concat(this.#chunks).toString('utf8')).find();
    } catch {
      return false;
    }
  }
}
