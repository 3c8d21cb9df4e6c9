import { PROTOCOL_NACK, PROTOCOL_TCP_PING } from '../types.ts';
import type { Ping } from '../wire/messages.ts';
import type { SwimContext } from './context.ts';
import type { MemberEntry } from './member-table.ts';
import { sendWithNews } from './packing.ts';

/** A ping of ours, answered to us. */
export function pingOf({ identity }: SwimContext, node: string, seqNo: number): Ping {
  const { addr, port, name } = identity;
  return { type: 'ping', node, seqNo, sourceAddr: addr, sourcePort: port, sourceNode: name };
}

/** Pings a member itself. A suspect hears with it that it is one, so that it can refute. */
export function pingDirectly(context: SwimContext, target: MemberEntry, seqNo: number): void {
  const { identity, tuning } = context;
  const ping = pingOf(context, target.name, seqNo);
  if (target.state === 'suspect' && tuning.buddyPing) {
    const { name: node, incarnation } = target;
    const suspect = { type: 'suspect', node, incarnation, from: identity.name } as const;
    context.send(target.address, target.name, [context.encode(ping), context.encode(suspect)], true);
  } else {
    sendWithNews(context, target.address, target.name, ping);
  }
}

/** Has some others ping it. Returns how many of them will say so if it is silent for them too; none unless `wantNacks`. */
export function pingThroughOthers(
  context: SwimContext,
  target: MemberEntry,
  seqNo: number,
  wantNacks: boolean,
): number {
  const { identity, table, tuning } = context;
  const others = table.pick(tuning.indirectChecks, ({ name, state }) => {
    return state === 'alive' && name !== identity.name && name !== target.name;
  });
  let nacksExpected = 0;
  for (const other of others) {
    const nack = wantNacks && (other.versions?.protocolMax ?? 0) >= PROTOCOL_NACK;
    if (nack) nacksExpected++;
    sendWithNews(context, other.address, other.name, {
      ...pingOf(context, target.name, seqNo),
      type: 'indirectPing',
      nack,
      target: target.addr,
      port: target.address.port,
    });
  }
  return nacksExpected;
}

/** Pings it over a stream, if both sides do that. */
export function pingOverStream(context: SwimContext, target: MemberEntry, seqNo: number, deadlineMs: number): void {
  if (!context.tuning.streamPings || (target.versions?.protocolMax ?? 0) < PROTOCOL_TCP_PING) return;
  context.effects.push({ type: 'streamPing', to: target.address, node: target.name, seqNo, deadlineMs });
}
