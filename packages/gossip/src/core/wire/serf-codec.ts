import { WireError } from '../errors.ts';
import { plainBytes } from './bytes.ts';
import { bool, bytes, int, ip, type Kind, list, looseText, mapOf, nullable, text, u16, u32, u64, u8 } from './kinds.ts';
import { SerfType, serfTypeName } from './message-type.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { type IntStyle, MsgpackWriter, scratchWriter } from './msgpack-writer.ts';
import type {
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
} from './serf-messages.ts';
import { field, Struct } from './struct.ts';

/** The originals have rings of 512. */
const MAX_EVENT_SLOTS = 65_536;
const MAX_EVENTS_PER_SLOT = 65_536;
const MAX_MEMBERS = 1_048_576;
const MAX_FILTERS = 1024;
const MAX_KEYS = 4096;
/** Tags fit in 512 bytes; a pair takes at least two. */
const MAX_TAGS = 256;

const leave = new Struct<LeaveIntent>(
  { type: 'leave' },
  { lamportTime: field('LTime', u64), node: field('Node', text), prune: field('Prune', bool) },
);

const join = new Struct<JoinIntent>({ type: 'join' }, { lamportTime: field('LTime', u64), node: field('Node', text) });

const slotEvent = new Struct<{ readonly name: string; readonly payload: Uint8Array | null }>(
  {},
  { name: field('Name', looseText), payload: field('Payload', bytes) },
);

const eventSlot = new Struct<EventSlot>(
  {},
  { events: field('Events', list(slotEvent, MAX_EVENTS_PER_SLOT)), lamportTime: field('LTime', u64) },
);

const pushPull = new Struct<SerfPushPull>(
  { type: 'pushPull' },
  {
    eventLamportTime: field('EventLTime', u64),
    events: field('Events', list(nullable(eventSlot), MAX_EVENT_SLOTS)),
    lamportTime: field('LTime', u64),
    leftMembers: field('LeftMembers', list(looseText, MAX_MEMBERS)),
    queryLamportTime: field('QueryLTime', u64),
    statusLamportTimes: field('StatusLTimes', mapOf(u64, MAX_MEMBERS)),
  },
);

const userEvent = new Struct<UserEventMessage>(
  { type: 'userEvent' },
  {
    coalesce: field('CC', bool),
    lamportTime: field('LTime', u64),
    name: field('Name', text),
    payload: field('Payload', bytes),
  },
);

const query = new Struct<QueryMessage>(
  { type: 'query' },
  {
    addr: field('Addr', ip),
    filters: field('Filters', list(bytes, MAX_FILTERS)),
    flags: field('Flags', u32),
    id: field('ID', u32),
    lamportTime: field('LTime', u64),
    name: field('Name', text),
    payload: field('Payload', bytes),
    port: field('Port', u16),
    relayFactor: field('RelayFactor', u8),
    sourceNode: field('SourceNode', text),
    timeoutNanos: field('Timeout', int),
  },
);

const queryResponse = new Struct<QueryResponse>(
  { type: 'queryResponse' },
  {
    flags: field('Flags', u32),
    from: field('From', text),
    id: field('ID', u32),
    lamportTime: field('LTime', u64),
    payload: field('Payload', bytes),
  },
);

const memberRecord = new Struct<MemberRecord>(
  {},
  {
    addr: field('Addr', bytes),
    delegateCurrent: field('DelegateCur', u8),
    delegateMax: field('DelegateMax', u8),
    delegateMin: field('DelegateMin', u8),
    name: field('Name', text),
    port: field('Port', u16),
    protocolCurrent: field('ProtocolCur', u8),
    protocolMax: field('ProtocolMax', u8),
    protocolMin: field('ProtocolMin', u8),
    status: field('Status', int),
    tags: field('Tags', mapOf(looseText, MAX_TAGS)),
  },
);

/** Not a map of its own: the record itself, or nil. */
const conflictResponse: Kind<ConflictResponse> = {
  zero: { type: 'conflictResponse', member: null },
  write: (out, { member }) => nullable(memberRecord).write(out, member),
  read: (from) => ({ type: 'conflictResponse', member: nullable(memberRecord).read(from) }),
};

const keyRequest = new Struct<KeyRequest>({ type: 'keyRequest' }, { key: field('Key', bytes) });

const keyResponse = new Struct<KeyResponse>(
  { type: 'keyResponse' },
  {
    keys: field('Keys', list(text, MAX_KEYS)),
    message: field('Message', looseText),
    primaryKey: field('PrimaryKey', text),
    result: field('Result', bool),
  },
);

const relayAddress = new Struct<RelayAddress>(
  {},
  { ip: field('IP', ip), port: field('Port', int), zone: field('Zone', text) },
);

const relayHeader = new Struct<Pick<Relay, 'address' | 'name'>>(
  {},
  { address: field('DestAddr', relayAddress), name: field('DestName', text) },
);

type Structured = Exclude<SerfMessage, Relay>;

const KINDS: { readonly [K in Structured['type']]: Kind<Extract<Structured, { type: K }>> } = {
  leave,
  join,
  pushPull,
  userEvent,
  query,
  queryResponse,
  conflictResponse,
  keyRequest,
  keyResponse,
};

const BY_NUMBER = new Map<number, Kind<Structured>>(
  Object.entries(KINDS).map(([name, kind]) => [SerfType[name as Structured['type']], kind as Kind<Structured>]),
);

/** The bytes of one Serf message, from its type byte on. Throws RangeError for numbers outside their field. */
export function encodeSerfMessage(message: SerfMessage, intStyle?: IntStyle): Uint8Array {
  const out = message.type === 'pushPull' ? new MsgpackWriter(intStyle) : scratchWriter(intStyle);
  out.byte(SerfType[message.type]);
  if (message.type === 'relay') {
    relayHeader.write(out, message);
    out.append(message.inner);
  } else {
    (KINDS[message.type] as Kind<Structured>).write(out, message);
  }
  return out.finish();
}

/**
 * One Serf message: the body of a user message, the user state of a push/pull, or the payload of an internal query or
 * its answer. Bytes after it are ignored.
 *
 * Throws {@link WireError}: `GOSSIP_WIRE_MESSAGE` for an unknown type, otherwise what is wrong with it.
 */
export function decodeSerfMessage(body: Uint8Array): SerfMessage {
  const type = body[0];
  if (type === undefined) throw new WireError('GOSSIP_WIRE_TRUNCATED', 'Serf message is empty', { neededBytes: 1 });
  const from = new MsgpackReader(body, 1);
  if (type === SerfType.relay) {
    const header = relayHeader.read(from);
    return { type: 'relay', ...header, inner: plainBytes(body).subarray(from.at) };
  }
  const kind = BY_NUMBER.get(type);
  if (kind === undefined) throw new WireError('GOSSIP_WIRE_MESSAGE', serfTypeName(type));
  return kind.read(from);
}
