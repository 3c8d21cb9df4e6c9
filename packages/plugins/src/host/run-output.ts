import { concatBytes } from '@dkron/runtime';

/** As much of the end as plugins of the original keep. */
const TAIL_BYTES = 256_000;

/** What a run has reported, as far as it is needed to tell what its answer adds. */
export class ReportedOutput {
  #parts: Uint8Array[] = [];
  #kept = 0;
  #total = 0;

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#kept += bytes.length;
    this.#total += bytes.length;
    while (this.#kept - this.#parts[0]!.length >= TAIL_BYTES) this.#kept -= this.#parts.shift()!.length;
  }

  /**
   * What of the answer has not been reported. Plugins answer their whole output or its end; one that answers something
   * else has all of it told.
   */
  missing(answer: Uint8Array): Uint8Array {
    if (this.#total === 0 || answer.length === 0) return answer;
    const reported = concatBytes(this.#parts);
    const isEnd = answer.length >= Math.min(reported.length, TAIL_BYTES) && endsWith(reported, answer);
    if (isEnd) return new Uint8Array();
    const isWhole = this.#total === reported.length && endsWith(answer.subarray(0, reported.length), reported);
    return isWhole && answer.length > reported.length ? answer.subarray(reported.length) : answer;
  }
}

function endsWith(bytes: Uint8Array, end: Uint8Array): boolean {
  return end.length <= bytes.length && Buffer.compare(bytes.subarray(bytes.length - end.length), end) === 0;
}
