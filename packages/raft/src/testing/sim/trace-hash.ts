/** Running hash of a run: two accumulators of 32 bits. Equal runs give equal hashes. */
export class TraceHash {
  #a = 0x811c9dc5;
  #b = 0x1b873593;

  add(value: number): void {
    const low = value | 0;
    this.#a = Math.imul(this.#a ^ low, 0x01000193);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b + low, 0x85ebca6b);
    this.#b ^= this.#b >>> 13;
  }

  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.add(text.charCodeAt(i));
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
