import { DkronError } from '@dkron/runtime';

/** Why a command to the Serf layer was not carried out. Nothing was changed. */
export type SerfErrorCode =
  /** A name or address that cannot be one. */
  | 'GOSSIP_INVALID'
  /** Encoded tags, user event, query or answer are larger than pools carry. */
  | 'GOSSIP_TOO_LARGE'
  /** We are leaving or have left. */
  | 'GOSSIP_LEFT'
  /** The query ended, or was answered by us before. */
  | 'GOSSIP_QUERY_CLOSED'
  /** So many are running already; try again later. */
  | 'GOSSIP_BUSY';

/** A command that the Serf layer refused. */
export class SerfError extends DkronError<SerfErrorCode> {
  constructor(code: SerfErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(code, message, details);
  }
}
