import { DkronError } from '@dkron/runtime';

/** Why bytes were refused. */
export type WireErrorCode =
  /** The bytes end before the item does. `neededBytes` says how long they must be at least. */
  | 'GOSSIP_WIRE_TRUNCATED'
  /** An item of another kind than the schema says, for example a map where a number belongs. */
  | 'GOSSIP_WIRE_KIND'
  /** A number, address or key outside what its field can hold. */
  | 'GOSSIP_WIRE_RANGE'
  /** Larger, longer or deeper than we accept. */
  | 'GOSSIP_WIRE_LIMIT'
  /** Text that is not UTF-8. */
  | 'GOSSIP_WIRE_TEXT'
  /** A message type that does not belong here. */
  | 'GOSSIP_WIRE_MESSAGE'
  /** The checksum differs: damaged on the way. */
  | 'GOSSIP_WIRE_CHECKSUM'
  /** Compressed data that cannot be inflated. */
  | 'GOSSIP_WIRE_COMPRESSION'
  /** The label of another pool, none where one is required, or one where none is. */
  | 'GOSSIP_WIRE_LABEL'
  /** Not sealed, or not by a key we know. */
  | 'GOSSIP_WIRE_ENCRYPTION';

/** What a `WireError` knows beside its text. */
export interface WireErrorDetails {
  /** With `GOSSIP_WIRE_TRUNCATED`: the item cannot be complete with fewer bytes than this, counted from the start. */
  readonly neededBytes?: number;
}

/** Bytes of a peer that are not what they should be. Nothing was taken over from them. */
export class WireError extends DkronError<WireErrorCode, WireErrorDetails> {
  constructor(code: WireErrorCode, message: string, details: WireErrorDetails = {}, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}
