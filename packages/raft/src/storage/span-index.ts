import { assert } from '@dkron/runtime';

/** Where the entries of one record are. */
export interface Span {
  readonly firstIndex: number;
  /** Entries of it that still count; a truncation lowers it. */
  readonly count: number;
  /** Sequence number of the segment. */
  readonly segment: number;
  /** Offset of the record in the segment, and its bytes with frame and padding. */
  readonly offset: number;
  readonly bytes: number;
}

const INITIAL = 256;

/**
 * The places of all retained entries, one row per record, ascending by index and by place. Columns of numbers: 28 bytes
 * a record, so even a log of single small entries needs a tenth of its size on disk.
 */
export class SpanIndex {
  #firstIndexes = new Float64Array(INITIAL);
  #counts = new Uint32Array(INITIAL);
  #segments = new Float64Array(INITIAL);
  #offsets = new Uint32Array(INITIAL);
  #bytes = new Uint32Array(INITIAL);
  /** Rows `[#start, #end)` are in use. */
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  at(position: number): Span {
    const row = this.#start + position;
    assert(position >= 0 && row < this.#end, 'span position out of range');
    return {
      firstIndex: this.#firstIndexes[row]!,
      count: this.#counts[row]!,
      segment: this.#segments[row]!,
      offset: this.#offsets[row]!,
      bytes: this.#bytes[row]!,
    };
  }

  push(span: Span): void {
    if (this.#end === this.#counts.length) this.#makeRoom();
    const row = this.#end;
    this.#firstIndexes[row] = span.firstIndex;
    this.#counts[row] = span.count;
    this.#segments[row] = span.segment;
    this.#offsets[row] = span.offset;
    this.#bytes[row] = span.bytes;
    this.#end += 1;
  }

  /** Position of the span that holds `index`; undefined when none does. */
  find(index: number): number | undefined {
    const position = this.#lastAtOrBelow(index);
    if (position < 0) return undefined;
    const row = this.#start + position;
    return index < this.#firstIndexes[row]! + this.#counts[row]! ? position : undefined;
  }

  /** Forgets the entries from `index` on. */
  truncate(index: number): void {
    const position = this.#lastAtOrBelow(index - 1);
    this.#end = this.#start + position + 1;
    if (position < 0) return;
    const row = this.#end - 1;
    this.#counts[row] = Math.min(this.#counts[row]!, index - this.#firstIndexes[row]!);
  }

  /** Forgets the spans that end at or below `index`. */
  dropThrough(index: number): void {
    while (this.#start < this.#end && this.#firstIndexes[this.#start]! + this.#counts[this.#start]! - 1 <= index) {
      this.#start += 1;
    }
    if (this.#start === this.#end) this.clear();
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
  }

  /** First index of `[from, to]` that no span holds; undefined when all are there. */
  firstMissing(from: number, to: number): number | undefined {
    let next = from;
    for (let row = this.#start; row < this.#end && next <= to; row++) {
      if (this.#firstIndexes[row]! > next) return next;
      next = Math.max(next, this.#firstIndexes[row]! + this.#counts[row]!);
    }
    return next <= to ? next : undefined;
  }

  #lastAtOrBelow(index: number): number {
    let low = this.#start;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#firstIndexes[middle]! <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1 - this.#start;
  }

  /** Moves the rows to the front, and doubles the columns when they are more than half full. */
  #makeRoom(): void {
    const used = this.#end - this.#start;
    const size = used * 2 > this.#counts.length ? this.#counts.length * 2 : this.#counts.length;
    this.#firstIndexes = moved(this.#firstIndexes, new Float64Array(size), this.#start, this.#end);
    this.#counts = moved(this.#counts, new Uint32Array(size), this.#start, this.#end);
    this.#segments = moved(this.#segments, new Float64Array(size), this.#start, this.#end);
    this.#offsets = moved(this.#offsets, new Uint32Array(size), this.#start, this.#end);
    this.#bytes = moved(this.#bytes, new Uint32Array(size), this.#start, this.#end);
    this.#start = 0;
    this.#end = used;
  }
}

function moved<T extends Float64Array | Uint32Array>(from: T, to: T, start: number, end: number): T {
  to.set(from.subarray(start, end));
  return to;
}
