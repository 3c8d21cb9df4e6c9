import { PEER_MESSAGE_TYPES } from '@dkron/raft/core';
import type { MessageType, PeerMessageType } from '@dkron/raft/core';

/** Kinds of messages by their number on the wire; 0 is none. */
const TYPES: readonly (PeerMessageType | undefined)[] = [undefined, ...PEER_MESSAGE_TYPES];

const NUMBERS: ReadonlyMap<MessageType, number> = new Map(
  PEER_MESSAGE_TYPES.map((type, i) => [type as MessageType, i + 1] as const),
);

/** Number of a kind on the wire; undefined for kinds that never leave a server. */
export function typeNumber(type: MessageType): number | undefined {
  return NUMBERS.get(type);
}

/** The kind of a number; undefined for numbers that mean none. */
export function typeOfNumber(number: number): PeerMessageType | undefined {
  return TYPES[number];
}

/** Whether messages of the kind may be large and wait behind each other; all others overtake them. */
export function isBulk(type: MessageType): boolean {
  return type === 'App' || type === 'Prop' || type === 'Snap';
}
