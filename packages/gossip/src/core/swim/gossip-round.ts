import { PROTOCOL_CHECKSUM } from '../types.ts';
import { COMPOUND_MAX_PARTS, COMPOUND_OVERHEAD_BYTES } from '../wire/compound.ts';
import type { SwimContext } from './context.ts';
import type { MemberEntry } from './member-table.ts';
import { takeNews } from './packing.ts';

/** Whether {@link gossip} has anything to send. */
export function hasNews(context: SwimContext): boolean {
  return context.news.size > 0 || context.delegate.hasBroadcasts?.() === true;
}

/** Sends news to some members at random: also to suspects, and to those who died lately, for they may be wrongly dead. */
export function gossip(context: SwimContext): void {
  if (!hasNews(context)) return;
  const { table, tuning, identity } = context;
  const peers = table.pick(tuning.gossipNodes, (entry) => entry.name !== identity.name && hearsNews(context, entry));
  for (const peer of peers) {
    const messages = takeNews(context, context.roomBytes - COMPOUND_OVERHEAD_BYTES, COMPOUND_MAX_PARTS);
    if (messages.length === 0) return;
    const checksum = (peer.versions?.protocolMax ?? 0) >= PROTOCOL_CHECKSUM;
    context.send(peer.address, peer.name, messages, checksum);
  }
}

function hearsNews({ nowMs, tuning }: SwimContext, { state, stateChangeMs }: MemberEntry): boolean {
  if (state === 'left') return false;
  return state !== 'dead' || nowMs - stateChangeMs <= tuning.gossipToTheDeadMs;
}
