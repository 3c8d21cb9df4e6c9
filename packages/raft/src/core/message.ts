import { APPEND_THREAD, APPLY_THREAD, NONE } from './ids.ts';
import type { Entry, HardState, NodeId, SnapshotMeta } from './types.ts';

/** Kinds of messages that travel between servers. The order is part of wire formats: append only. */
export const PEER_MESSAGE_TYPES = [
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
] as const;

/** One of {@link PEER_MESSAGE_TYPES}. */
export type PeerMessageType = (typeof PEER_MESSAGE_TYPES)[number];

/** Kinds of messages that never leave a server. */
export type LocalMessageType =
  | 'Hup'
  | 'Beat'
  | 'CheckQuorum'
  | 'Unreachable'
  | 'SnapStatus'
  | 'StorageAppend'
  | 'StorageAppendResp'
  | 'StorageApply'
  | 'StorageApplyResp';

/** Kinds of messages. */
export type MessageType = PeerMessageType | LocalMessageType;

const NO_ENTRIES: readonly Entry[] = [];
const NO_MESSAGES: readonly Message[] = [];
const NO_CONTEXT = new Uint8Array(0);

/**
 * A message. One shape for all kinds, every field always there: what does not belong to the kind is 0, empty or
 * undefined. Plain data: an object with these fields serves as well.
 */
export class Message {
  type: MessageType;
  from: NodeId;
  to: NodeId;
  /** Term of the sender; 0 for local messages and forwarded requests. Grants of pre-votes carry the term asked for. */
  term: number;
  /** Term of the entry at `index`; in a rejection that of the hint. */
  logTerm = 0;
  /** `App`: entry before the first one sent. `AppResp`: highest entry acknowledged, or the one rejected. */
  index = 0;
  entries: readonly Entry[] = NO_ENTRIES;
  commit = 0;
  /** `StorageAppend` only: the vote to persist. */
  vote: NodeId = NONE;
  snapshot: SnapshotMeta | undefined = undefined;
  reject = false;
  /** In a rejection: highest index at which the logs may agree. */
  rejectHint = 0;
  context: Uint8Array = NO_CONTEXT;
  /** `StorageAppend`, `StorageApply`: to be delivered once the work is done, in this order. */
  responses: readonly Message[] = NO_MESSAGES;

  constructor(type: MessageType, from: NodeId = NONE, to: NodeId = NONE, term = 0) {
    this.type = type;
    this.from = from;
    this.to = to;
    this.term = term;
  }
}

/** A message of the fields given; the others are empty. */
export function createMessage(fields: Partial<Message> & Pick<Message, 'type'>): Message {
  return Object.assign(new Message(fields.type), fields);
}

/** Context of a request for a vote that overrides leases: the leader itself wants to be replaced. */
export const TRANSFER_CONTEXT: Uint8Array = new TextEncoder().encode('CampaignTransfer');

/** Whether a request for a vote follows a leadership transfer. */
export function isTransferContext(context: Uint8Array): boolean {
  if (context.length !== TRANSFER_CONTEXT.length) return false;
  for (let i = 0; i < context.length; i++) if (context[i] !== TRANSFER_CONTEXT[i]) return false;
  return true;
}

/** The hard state a `StorageAppend` is to persist; `undefined` if it did not change. */
export function hardStateOf(message: Message): HardState | undefined {
  const { term, vote, commit } = message;
  return term === 0 && vote === NONE && commit === 0 ? undefined : { term, vote, commit };
}

const LOCAL: ReadonlySet<MessageType> = new Set<MessageType>([
  'Hup',
  'Beat',
  'CheckQuorum',
  'Unreachable',
  'SnapStatus',
  'StorageAppend',
  'StorageAppendResp',
  'StorageApply',
  'StorageApplyResp',
]);

const RESPONSES: ReadonlySet<MessageType> = new Set<MessageType>([
  'AppResp',
  'VoteResp',
  'PreVoteResp',
  'HeartbeatResp',
  'ReadIndexResp',
  'Unreachable',
  'StorageAppendResp',
  'StorageApplyResp',
]);

/** Whether a message of the kind never travels between servers. */
export function isLocalMessage(type: MessageType): boolean {
  return LOCAL.has(type);
}

/** Whether a message of the kind answers another, so that only members may send it. */
export function isResponseMessage(type: MessageType): boolean {
  return RESPONSES.has(type);
}

/** Whether a response comes from the lane that sends such responses. */
export function isFromStorage(message: Message): boolean {
  return (
    (message.type === 'StorageAppendResp' && message.from === APPEND_THREAD) ||
    (message.type === 'StorageApplyResp' && message.from === APPLY_THREAD)
  );
}
