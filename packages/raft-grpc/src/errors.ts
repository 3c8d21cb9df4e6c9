import { DkronError } from '@dkron/runtime';

/**
 * - `malformed_frame`: bytes of a peer that are no valid frame; its stream is ended.
 * - `frame_too_large`: a message, or a frame announced by a peer, is above `maxFrameBytes`.
 * - `handshake_refused`: one side refused the other; `details.refusal` is the code of the verdict.
 * - `snapshot_failed`: the peer did not take the snapshot, or went away more often than is tried.
 * - `snapshot_timeout`: it took longer than its size allows. `snapshot_aborted`: the caller's signal.
 * - `snapshot_busy`: a snapshot to this peer, or as many as are allowed in total, are under way already.
 * - `transport_closed`: used after `close`.
 */
export type TransportErrorCode =
  | 'malformed_frame'
  | 'frame_too_large'
  | 'handshake_refused'
  | 'snapshot_failed'
  | 'snapshot_timeout'
  | 'snapshot_aborted'
  | 'snapshot_busy'
  | 'transport_closed';

/** Every failure that a caller of the transport can meet. Misuse is a `TypeError` instead. */
export class TransportError extends DkronError<TransportErrorCode> {}

export function malformed(what: string, details: object = {}): TransportError {
  return new TransportError('malformed_frame', `malformed frame: ${what}`, { what, ...details });
}
