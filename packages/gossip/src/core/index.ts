/**
 * Membership by gossip, the pure part: what the originals put on the wire, as plain data. SWIM's and Serf's messages
 * and their bytes, checksums, compression, key ring, addresses; and SWIM as a state machine. No sockets, no clock, no
 * chance.
 *
 * Decoders throw {@link WireError} for bytes that are not what they should be, and nothing else; encoders throw
 * RangeError for values that do not fit.
 */
export type { WireErrorCode, WireErrorDetails } from './errors.ts';
export { WireError } from './errors.ts';
export type { Address, Member, MemberStatus, NodeState, ProtocolVersions, Tags } from './types.ts';
export {
  decodeVersions,
  encodeVersions,
  MEMBER_STATUSES,
  META_MAX_BYTES,
  NAME_MAX_BYTES,
  NODE_STATES,
  OUR_VERSIONS,
  PROTOCOL_CHECKSUM,
  PROTOCOL_NACK,
  PROTOCOL_TCP_PING,
  VERSIONS_BYTES,
} from './types.ts';
export type { KeyRefusal } from './keyring.ts';
export { Keyring, KEYRING_MAX_KEYS } from './keyring.ts';
export { decodeKey, encodeKey } from './key-text.ts';
export { formatAddress, parseAddress } from './host-port.ts';
export { formatIp, parseIp, unmapIp } from './ip.ts';

export type { SnapshotLine } from './snapshot-line.ts';
export { formatSnapshotLine, parseSnapshotLine } from './snapshot-line.ts';

export type { IntStyle } from './wire/msgpack-writer.ts';
export { MsgpackWriter } from './wire/msgpack-writer.ts';
export { MsgpackReader } from './wire/msgpack-reader.ts';
export { MessageType, messageTypeName, SerfType, serfTypeName } from './wire/message-type.ts';

export type {
  Ack,
  Alive,
  Dead,
  IndirectPing,
  Nack,
  PacketMessage,
  Ping,
  ProbeSource,
  PushNodeState,
  PushPull,
  RemoteError,
  StreamMessage,
  Suspect,
  UserMessage,
} from './wire/messages.ts';
export { decodeMessage, encodeMessage } from './wire/packet-message.ts';
export type { StreamLimits } from './wire/stream-limits.ts';
export { STREAM_LIMITS } from './wire/stream-limits.ts';
export { decodeStreamMessage, encodeStreamMessage, StreamMessageReader } from './wire/stream-message.ts';

export type {
  ConflictResponse,
  EventSlot,
  JoinIntent,
  KeyRequest,
  KeyResponse,
  LeaveIntent,
  MemberRecord,
  QueryMessage,
  QueryResponse,
  Relay,
  RelayAddress,
  SerfMessage,
  SerfPushPull,
  UserEventMessage,
} from './wire/serf-messages.ts';
export { QUERY_ACK, QUERY_NO_BROADCAST, RESPONSE_ACK } from './wire/serf-messages.ts';
export { decodeSerfMessage, encodeSerfMessage } from './wire/serf-codec.ts';
export type { Coordinate } from './wire/coordinate.ts';
export { decodeCoordinate, encodeCoordinate } from './wire/coordinate.ts';
export type { QueryFilter } from './wire/filters.ts';
export { decodeFilter, encodeFilter } from './wire/filters.ts';
export { decodeTags, encodeTags } from './wire/tags.ts';

export type { Compound } from './wire/compound.ts';
export {
  COMPOUND_MAX_PARTS,
  COMPOUND_OVERHEAD_BYTES,
  COMPOUND_PART_MAX_BYTES,
  COMPOUND_PART_OVERHEAD_BYTES,
  decodeCompound,
  encodeCompound,
  encodeCompounds,
} from './wire/compound.ts';
export { compress, compressIfShorter, decompress } from './wire/compress.ts';
export { lzwDecode } from './wire/lzw-decode.ts';
export { lzwEncode } from './wire/lzw-encode.ts';
export { addChecksum, crc32, stripChecksum } from './wire/crc32.ts';
export type { Labelled } from './wire/label.ts';
export { addLabel, LABEL_MAX_BYTES, splitLabel } from './wire/label.ts';
export type { Unpacked, UnpackLimits } from './wire/unpack.ts';
export { UNPACK_LIMITS, unpackMessages } from './wire/unpack.ts';

export type {
  Broadcast,
  ConflictEvent,
  Encoded,
  MemberEvent,
  NodeView,
  NoticeEvent,
  PingedEvent,
  SendPacket,
  StalledEvent,
  StartPushPull,
  StreamPing,
  SwimDelegate,
  SwimEffect,
  SwimEvent,
  SwimIdentity,
  SwimModules,
  SwimProfile,
  SwimTuning,
  ToldEvent,
  UserMessageEvent,
  UserStateEvent,
} from './swim/index.ts';
export { resolveTuning, retransmitLimit, Swim, SWIM_PROFILES, TransmitQueue } from './swim/index.ts';

export type {
  ConflictVoteEvent,
  IncomingQuery,
  JoinedEvent,
  JoinOptions,
  KeyCommandInfo,
  KeyringChangedEvent,
  KeyResultEvent,
  LeftEvent,
  MemberChange,
  JoinedAnewEvent,
  MemberChangeEvent,
  MembersEvent,
  QueryAckEvent,
  QueryAnswerEvent,
  QueryFinishedEvent,
  QueryParams,
  RejoinEvent,
  SerfEffect,
  SerfErrorCode,
  SerfEvent,
  SerfModules,
  SerfNotice,
  SerfOptions,
  SerfPushPullEffect,
  SerfTuning,
  SnapshotEffect,
  SnapshotOptions,
  SnapshotState,
  TagsToldEvent,
  UserEvent,
} from './serf/index.ts';
export {
  PING_QUERY,
  readSnapshot,
  resolveSerfTuning,
  Serf,
  SERF_DEFAULTS,
  SerfError,
  USER_EVENT_MAX_BYTES,
} from './serf/index.ts';
