import { WireError } from '../errors.ts';
import { plainBytes } from './bytes.ts';
import { bool, bytes, ip, type Kind, text, u16, u32 } from './kinds.ts';
import { MessageType, messageTypeName } from './message-type.ts';
import type { Ack, Alive, Dead, IndirectPing, Nack, PacketMessage, Ping, Suspect } from './messages.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { type IntStyle, scratchWriter } from './msgpack-writer.ts';
import { field, optional, Struct } from './struct.ts';

export const ping = new Struct<Ping>(
  { type: 'ping' },
  {
    node: field('Node', text),
    seqNo: field('SeqNo', u32),
    sourceAddr: optional('SourceAddr', ip),
    sourceNode: optional('SourceNode', text),
    sourcePort: optional('SourcePort', u16),
  },
);

const indirectPing = new Struct<IndirectPing>(
  { type: 'indirectPing' },
  {
    nack: field('Nack', bool),
    node: field('Node', text),
    port: field('Port', u16),
    seqNo: field('SeqNo', u32),
    sourceAddr: optional('SourceAddr', ip),
    sourceNode: optional('SourceNode', text),
    sourcePort: optional('SourcePort', u16),
    target: field('Target', ip),
  },
);

export const ack = new Struct<Ack>({ type: 'ack' }, { payload: field('Payload', bytes), seqNo: field('SeqNo', u32) });

const nack = new Struct<Nack>({ type: 'nack' }, { seqNo: field('SeqNo', u32) });

const suspect = new Struct<Suspect>(
  { type: 'suspect' },
  { from: field('From', text), incarnation: field('Incarnation', u32), node: field('Node', text) },
);

const alive = new Struct<Alive>(
  { type: 'alive' },
  {
    addr: field('Addr', ip),
    incarnation: field('Incarnation', u32),
    meta: field('Meta', bytes),
    node: field('Node', text),
    port: field('Port', u16),
    vsn: field('Vsn', bytes),
  },
);

const dead = new Struct<Dead>(
  { type: 'dead' },
  { from: field('From', text), incarnation: field('Incarnation', u32), node: field('Node', text) },
);

type Structured = Exclude<PacketMessage, { type: 'user' }>;

const STRUCTS: { readonly [K in Structured['type']]: Kind<Extract<Structured, { type: K }>> } = {
  ping,
  indirectPing,
  ack,
  nack,
  suspect,
  alive,
  dead,
};

const BY_NUMBER = new Map<number, Kind<Structured>>(
  Object.entries(STRUCTS).map(([name, kind]) => [MessageType[name as Structured['type']], kind as Kind<Structured>]),
);

/** The bytes of one message. Throws RangeError for numbers outside their field. */
export function encodeMessage(message: PacketMessage, intStyle?: IntStyle): Uint8Array {
  if (message.type === 'user') {
    const out = new Uint8Array(message.body.length + 1);
    out[0] = MessageType.user;
    out.set(message.body, 1);
    return out;
  }
  const out = scratchWriter(intStyle);
  out.byte(MessageType[message.type]);
  (STRUCTS[message.type] as Kind<Structured>).write(out, message);
  return out.finish();
}

/**
 * One message of a packet, below all layers. Bytes after it are ignored, as the originals do.
 *
 * Throws {@link WireError}: `GOSSIP_WIRE_MESSAGE` for a layer, a message of streams or an unknown type, otherwise what
 * is wrong with it.
 */
export function decodeMessage(packet: Uint8Array): PacketMessage {
  const type = packet[0];
  if (type === undefined) throw new WireError('GOSSIP_WIRE_TRUNCATED', 'message is empty', { neededBytes: 1 });
  if (type === MessageType.user) return { type: 'user', body: plainBytes(packet).subarray(1) };
  const kind = BY_NUMBER.get(type);
  if (kind === undefined) throw new WireError('GOSSIP_WIRE_MESSAGE', `${messageTypeName(type)} is no packet message`);
  const message = kind.read(new MsgpackReader(packet, 1));
  requireAddress(message);
  return message;
}

/** A missing address is read as an empty one, which nobody can use. */
function requireAddress(message: Structured): void {
  const addr = message.type === 'alive' ? message.addr : message.type === 'indirectPing' ? message.target : undefined;
  if (addr?.length === 0) throw new WireError('GOSSIP_WIRE_RANGE', `${message.type} without address`);
}
