import { assert } from '@dkron/runtime';

/** One run of entries of equal term. */
export interface TermRun {
  /** Index of the first entry of the run. */
  readonly first: number;
  readonly term: number;
}

/**
 * Terms of a whole log, run-length encoded: about one run for each election, so that the term of any entry is known
 * without a disk. Covers `[boundary, last]`, where the boundary is the last compacted entry.
 */
export class TermRuns {
  /** Ascending in both fields; the first run begins at the boundary. */
  #runs: TermRun[];
  #last: number;

  /**
   * @param boundary - last compacted entry
   * @param runs - of the entries behind it, ascending; a first run may reach back to the boundary or before
   * @param last - index of the last entry
   */
  constructor(
    boundary: { readonly index: number; readonly term: number },
    runs: readonly TermRun[] = [],
    last: number = boundary.index,
  ) {
    this.#runs = [{ first: boundary.index, term: boundary.term }];
    this.#last = last;
    for (const run of runs) {
      const tail = this.#runs.at(-1)!;
      assert(run.term >= tail.term, `term ${run.term} of the run at ${run.first} is below ${tail.term}`);
      if (run.term > tail.term) this.#runs.push({ first: Math.max(run.first, boundary.index + 1), term: run.term });
    }
    assert(last >= this.#runs.at(-1)!.first, `last entry ${last} is before the last run`);
  }

  get boundary(): number {
    return this.#runs[0]!.first;
  }

  get last(): number {
    return this.#last;
  }

  /** Number of runs, at least 1. */
  get size(): number {
    return this.#runs.length;
  }

  /** Term of the entry at `index`; `undefined` outside `[boundary, last]`. */
  term(index: number): number | undefined {
    if (index < this.boundary || index > this.#last) return undefined;
    return this.#runs[this.#find(index)]!.term;
  }

  /** Adds the entry behind the last one. */
  append(index: number, term: number): void {
    assert(index === this.#last + 1, `entry ${index} does not follow ${this.#last}`);
    const tail = this.#runs[this.#runs.length - 1]!.term;
    assert(term >= tail, `term ${term} of entry ${index} is below ${tail}`);
    if (term > tail) this.#runs.push({ first: index, term });
    this.#last = index;
  }

  /** Forgets the entries from `index` on. */
  truncateFrom(index: number): void {
    assert(index > this.boundary, `entry ${index} is not behind the boundary ${this.boundary}`);
    if (index > this.#last) return;
    this.#runs.length = this.#find(index - 1) + 1;
    this.#last = index - 1;
  }

  /** Makes `index` the boundary. */
  compactTo(index: number): void {
    const at = this.#find(index);
    this.#runs = [{ first: index, term: this.#runs[at]!.term }, ...this.#runs.slice(at + 1)];
  }

  /** Position of the run that holds `index`. */
  #find(index: number): number {
    let lo = 0;
    let hi = this.#runs.length - 1;
    while (lo < hi) {
      const middle = (lo + hi + 1) >>> 1;
      if (this.#runs[middle]!.first <= index) lo = middle;
      else hi = middle - 1;
    }
    return lo;
  }
}
