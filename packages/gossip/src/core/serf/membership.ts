import type { NodeView } from '../swim/effects.ts';
import type { SerfContext } from './context.ts';
import { readTags } from './member-list.ts';

/** SWIM found a member alive that was unknown or gone. */
export function memberJoined(context: SerfContext, node: NodeView): void {
  const { members, intents, nowMs, tuning } = context;
  const known = members.get(node.name);
  if (known === undefined) {
    makeRoom(context);
    // Its intent may have been faster than itself.
    const intent = intents.get(node.name);
    const status = intent?.kind === 'leave' ? 'leaving' : 'alive';
    const member = members.add(node, status, intent?.lamportTime ?? 0);
    member.goneMs = nowMs;
    context.changed('join', member);
    return;
  }
  if (known.status === 'failed' && nowMs - known.goneMs < tuning.flapTimeoutMs) {
    context.notice('flap', node.name, `back after ${nowMs - known.goneMs} ms`);
  }
  known.node = node;
  known.tags = readTags(node.meta);
  members.setStatus(known, 'alive', nowMs);
  context.changed('join', known);
}

/** SWIM found a member dead or left. What it was depends on its intent alone. */
export function memberGone(context: SerfContext, { name }: NodeView): void {
  const { members, nowMs } = context;
  const member = members.get(name);
  if (member?.status === 'leaving') {
    members.setStatus(member, 'left', nowMs);
    context.changed('leave', member);
  } else if (member?.status === 'alive') {
    members.setStatus(member, 'failed', nowMs);
    context.changed('failed', member);
  }
}

/** A member has other tags. */
export function memberUpdated(context: SerfContext, node: NodeView): void {
  const member = context.members.get(node.name);
  if (member === undefined) return;
  member.node = node;
  member.tags = readTags(node.meta);
  context.changed('update', member);
}

/** SWIM forgets the gone soon, we after a day: the bound holds for those too. */
function makeRoom(context: SerfContext): void {
  const { members, options } = context;
  if (members.size < options.swim.maxMembers) return;
  const oldest = members.oldestGone();
  if (oldest === undefined) return;
  members.erase(oldest.name);
  context.changed('reap', oldest);
  context.notice('overflow', oldest.name, `${members.size} members, forgotten before its time`);
}
