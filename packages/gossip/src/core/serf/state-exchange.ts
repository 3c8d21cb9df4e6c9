import { WireError } from '../errors.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { SerfPushPull } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { LAMPORT_MAX, type LamportClock } from './lamport-clock.ts';
import type { MemberState } from './member-list.ts';
import type { SerfParts } from './parts.ts';
import type { UserEvents } from './user-events.ts';

/** Of what a peer sends: more events than this are passed over. */
const MAX_EVENTS = 65_536;

/** What the Serf layer puts into an exchange of tables. */
export function localSerfState(context: SerfContext, events: UserEvents): Uint8Array {
  const { members, memberClock, eventClock, queryClock } = context;
  const statusLamportTimes = new Map<string, number>();
  for (const { name, statusLamportTime } of members.all()) statusLamportTimes.set(name, statusLamportTime);
  return context.encode({
    type: 'pushPull',
    eventLamportTime: eventClock.time,
    events: events.ring
      .slots()
      .map((slot) => (slot === undefined ? null : { events: [...slot.items.values()], lamportTime: slot.lamportTime })),
    lamportTime: memberClock.time,
    leftMembers: [...members.left()].filter((member) => !isReturning(context, member)).map(({ name }) => name),
    queryLamportTime: queryClock.time,
    statusLamportTimes,
  });
}

/** Takes over what a peer knows. `ignoreOld`: we join, and do not want events from before. */
export function mergeSerfState(
  { context, intents, events }: Pick<SerfParts, 'context' | 'intents' | 'events'>,
  state: Uint8Array,
  ignoreOld: boolean,
): void {
  const remote = read(context, state);
  if (remote === undefined) return;
  const latest = latestTime(remote);
  if (latest > LAMPORT_MAX) context.notice('refused', 'state of a peer', `Lamport time ${latest}`);
  witness(context.memberClock, remote.lamportTime);
  witness(context.eventClock, remote.eventLamportTime);
  witness(context.queryClock, remote.queryLamportTime);
  const isBehind = isNewerAboutUs(context, remote);
  takeStatuses(remote, { context, intents });
  // Somebody holds a later intent of ours than we gave: as one who leaves perhaps, while all others take us for alive.
  if (isBehind) intents.announceJoin();
  if (ignoreOld) {
    events.ring.minTime = Math.max(events.ring.minTime, Math.min(remote.eventLamportTime, LAMPORT_MAX));
  }
  takeEvents(remote, events);
}

/** Of one that comes back, whose intent was faster than itself: the time is that of its return, and of no leave. */
function isReturning({ nowMs, tuning }: SerfContext, { returningMs }: MemberState): boolean {
  return nowMs - returningMs < tuning.flapTimeoutMs;
}

function takeStatuses(remote: SerfPushPull, { context, intents }: Pick<SerfParts, 'context' | 'intents'>): void {
  const { statusLamportTimes } = remote;
  const left = new Set(remote.leftMembers ?? []);
  // Before all others, or their greater times would let these go unheard.
  for (const node of left) {
    const lamportTime = leaveTime(context, node, statusLamportTimes.get(node) ?? 0);
    if (lamportTime <= LAMPORT_MAX) intents.takeLeave({ type: 'leave', lamportTime, node, prune: false });
  }
  for (const [node, lamportTime] of statusLamportTimes) {
    if (!left.has(node) && lamportTime <= LAMPORT_MAX) intents.takeJoin({ type: 'join', lamportTime, node });
  }
}

/**
 * What a member that left for a peer, with `theirs`, left at; `Infinity` if that is to be passed over. `theirs` may be the
 * time of a join: of the one before, or of its return, which the peer has not seen yet.
 */
function leaveTime({ name, members }: SerfContext, node: string, theirs: number): number {
  const status = members.get(node)?.status;
  // SWIM's part of the same exchange found it alive: it came back, or will be found dead and be failed first. A guess beyond
  // the time of its return would have it leaving for ever.
  if ((status === 'alive' || status === 'leaving') && node !== name) return Infinity;
  // Where both hold it as left there is nothing to go beyond: each exchange would push the time further.
  return theirs + (status === 'failed' || node === name ? 1 : 0);
}

function isNewerAboutUs({ name, state, members }: SerfContext, remote: SerfPushPull): boolean {
  const theirs = remote.statusLamportTimes.get(name) ?? 0;
  const isLeft = remote.leftMembers?.includes(name) ?? false;
  const ours = members.get(name)?.statusLamportTime ?? 0;
  return state === 'alive' && !isLeft && theirs > ours && theirs <= LAMPORT_MAX;
}

function takeEvents(remote: SerfPushPull, events: UserEvents): void {
  let count = 0;
  for (const slot of remote.events ?? []) {
    for (const { name, payload } of slot?.events ?? []) {
      if (++count > MAX_EVENTS) return;
      events.take({ type: 'userEvent', lamportTime: slot!.lamportTime, name, payload, coalesce: false });
    }
  }
}

function latestTime(remote: SerfPushPull): number {
  let latest = Math.max(remote.lamportTime, remote.eventLamportTime, remote.queryLamportTime);
  for (const time of remote.statusLamportTimes.values()) latest = Math.max(latest, time);
  for (const slot of remote.events ?? []) latest = Math.max(latest, slot?.lamportTime ?? 0);
  return latest;
}

/** The peer has not used its own time yet. */
function witness(clock: LamportClock, lamportTime: number): void {
  if (lamportTime > 0) clock.witness(lamportTime - 1);
}

function read(context: SerfContext, state: Uint8Array): SerfPushPull | undefined {
  try {
    const message = decodeSerfMessage(state);
    if (message.type === 'pushPull') return message;
    context.notice('undecodable', 'state of a peer', `is a ${message.type} message`);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    context.notice('undecodable', 'state of a peer', error.message);
  }
  return undefined;
}
