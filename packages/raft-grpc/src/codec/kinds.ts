import type { MessageType, PeerMessageType } from '@dkron/raft/core';

/** Kinds of messages by their number on the wire; 0 is none. The order is part of the format: append only. */
const TYPES: readonly (PeerMessageType | undefined)[] = [
  undefined,
  'App',
  'AppResp',
  'Heartbeat',
  'HeartbeatResp',
  'Vote',
  'VoteResp',
  'PreVote',
  'PreVoteResp',
  'Snap',
  'Prop',
  'ReadIndex',
  'ReadIndexResp',
  'TransferLeader',
  'TimeoutNow',
  'ForgetLeader',
];

const NUMBERS: ReadonlyMap<MessageType, number> = new Map(
  TYPES.flatMap((type, number) => (type === undefined ? [] : [[type as MessageType, number] as const])),
);

/** Number of a kind on the wire; undefined for kinds that never leave a server. */
export function typeNumber(type: MessageType): number | undefined {
  return NUMBERS.get(type);
}

export function typeOfNumber(number: number): PeerMessageType | undefined {
  return TYPES[number];
}

/** Whether messages of the kind may be large and wait behind each other; all others overtake them. */
export function isBulk(type: MessageType): boolean {
  return type === 'App' || type === 'Prop' || type === 'Snap';
}
