import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';

/**
 * Messages by peer, in their order. Of several heartbeats to a peer only the last stays: it carries the newest commit
 * index and asks for the newest read round, which confirms the earlier ones too.
 */
export function groupByPeer(messages: readonly Message[]): ReadonlyMap<NodeId, Message[]> {
  const groups = new Map<NodeId, Message[]>();
  for (const message of messages) {
    const group = groups.get(message.to);
    if (group === undefined) {
      groups.set(message.to, [message]);
      continue;
    }
    const at = message.type === 'Heartbeat' ? group.findIndex((one) => one.type === 'Heartbeat') : -1;
    if (at >= 0) group[at] = message;
    else group.push(message);
  }
  return groups;
}
