import { WireError } from '../errors.ts';
import { bool, bytes, int, looseText, u16, u32 } from './kinds.ts';
import { MessageType } from './message-type.ts';
import type { PushNodeState, PushPull } from './messages.ts';
import type { MsgpackReader } from './msgpack-reader.ts';
import { type IntStyle, MsgpackWriter } from './msgpack-writer.ts';
import type { StreamLimits } from './stream-limits.ts';
import { field, Struct } from './struct.ts';

export interface PushPullHeader {
  readonly join: boolean;
  readonly nodes: number;
  readonly userStateLen: number;
}

const header = new Struct<PushPullHeader>(
  {},
  { join: field('Join', bool), nodes: field('Nodes', int), userStateLen: field('UserStateLen', int) },
);

const nodeState = new Struct<PushNodeState>(
  {},
  {
    addr: field('Addr', bytes),
    incarnation: field('Incarnation', u32),
    meta: field('Meta', bytes),
    name: field('Name', looseText),
    port: field('Port', u16),
    state: field('State', int),
    vsn: field('Vsn', bytes),
  },
);

/** Bytes of a whole push/pull, below all layers. */
export function encodePushPull(message: PushPull, intStyle?: IntStyle): Uint8Array {
  const { join, nodes, userState } = message;
  const out = new MsgpackWriter(intStyle, userState.length + 128 * (nodes.length + 1));
  out.byte(MessageType.pushPull);
  header.write(out, { join, nodes: nodes.length, userStateLen: userState.length });
  for (const node of nodes) nodeState.write(out, node);
  out.append(userState);
  return out.finish();
}

/** Throws {@link WireError}; `GOSSIP_WIRE_LIMIT` for more nodes or user state than we take. */
export function readPushPullHeader(from: MsgpackReader, limits: StreamLimits): PushPullHeader {
  const found = header.read(from);
  checkCount('nodes', found.nodes, limits.maxNodes);
  checkCount('bytes of user state', found.userStateLen, limits.maxUserStateBytes);
  return found;
}

/** Throws {@link WireError}; an entry without name is refused, so that each costs its sender some bytes. */
export function readNodeState(from: MsgpackReader): PushNodeState {
  const state = nodeState.read(from);
  if (state.name === '') throw new WireError('GOSSIP_WIRE_RANGE', 'push/pull entry without name');
  return state;
}

/** Throws {@link WireError}: counts come from signed fields. */
export function checkCount(what: string, count: number, max: number): void {
  if (count < 0) throw new WireError('GOSSIP_WIRE_RANGE', `${count} ${what}`);
  if (count > max) throw new WireError('GOSSIP_WIRE_LIMIT', `${count} ${what}, allowed are ${max}`);
}
