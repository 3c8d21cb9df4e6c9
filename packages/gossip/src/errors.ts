import { DkronError } from '@dkron/runtime';

/** Why something a caller asked for did not happen. */
export type GossipErrorCode =
  /** The port cannot be had. */
  | 'GOSSIP_BIND'
  /** No address to tell others: set `advertise`. */
  | 'GOSSIP_ADVERTISE'
  /** A name of a host has no address, or the text is no address at all. */
  | 'GOSSIP_ADDRESS'
  /** None of the given members could be reached; `details.failures` says why. */
  | 'GOSSIP_JOIN'
  /** A peer could not be reached, or ended the connection before it answered. */
  | 'GOSSIP_UNREACHABLE'
  /** No answer in time. */
  | 'GOSSIP_TIMEOUT'
  /** The peer answered that it refuses. */
  | 'GOSSIP_REMOTE'
  /** Too many at a time. */
  | 'GOSSIP_BUSY'
  /** A key operation that not all members did; `details` has their answers. */
  | 'GOSSIP_KEYS'
  /** The snapshot file cannot be read. */
  | 'GOSSIP_SNAPSHOT'
  /** The node is not running: not started, left or stopped. */
  | 'GOSSIP_STOPPED';

/** A failure that a caller of a node can meet and recover from. */
export class GossipError extends DkronError<GossipErrorCode> {
  constructor(code: GossipErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}
