/** A source of chance. Not for secrets unless the implementation says so. */
export interface Random {
  /** Uniform integer in [0, boundExclusive); boundExclusive is an integer in [1, 2^32]. */
  nextInt(boundExclusive: number): number;
  /** `length` uniform bytes. */
  bytes(length: number): Uint8Array;
  /** An independent source; for a seeded one the same label gives the same source. */
  fork(label: string): Random;
}
