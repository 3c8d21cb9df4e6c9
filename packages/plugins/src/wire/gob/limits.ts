/** What a reader of gob takes at most. */
export interface GobLimits {
  /** Of one message, its length not counted. */
  readonly messageBytes: number;
  /** Definitions of one stream. */
  readonly definitions: number;
  /** Values within values. */
  readonly depth: number;
  /** Values of one message, within all others: what small bytes may cost in memory. */
  readonly values: number;
}

/** 16 MiB, 64 definitions, 16 levels, 100,000 values. */
export const GOB_LIMITS: GobLimits = { messageBytes: 16 * 1_048_576, definitions: 64, depth: 16, values: 100_000 };
