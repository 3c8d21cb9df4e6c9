/** What a peer may send in one stream. */
export interface StreamLimits {
  /** Entries of a push/pull. */
  readonly maxNodes: number;
  readonly maxUserStateBytes: number;
  readonly maxUserMessageBytes: number;
  /** The envelope of a sealed stream. */
  readonly maxSealedBytes: number;
  /** A compressed stream after inflating. */
  readonly maxInflatedBytes: number;
  /** All bytes of a stream, sealed or not. */
  readonly maxStreamBytes: number;
}

const MEBIBYTE = 1_048_576;

/** As the originals have them; they do not bound a stream as a whole. */
export const STREAM_LIMITS: StreamLimits = {
  maxNodes: 1_048_576,
  maxUserStateBytes: 20 * MEBIBYTE,
  maxUserMessageBytes: 20 * MEBIBYTE,
  maxSealedBytes: 20 * MEBIBYTE,
  maxInflatedBytes: 40 * MEBIBYTE,
  maxStreamBytes: 40 * MEBIBYTE,
};
