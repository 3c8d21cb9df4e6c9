import type { Member } from '../types.ts';
import { Swim } from '../swim/swim.ts';
import { QUERY_NO_BROADCAST } from '../wire/serf-messages.ts';
import { Answering } from './answering.ts';
import { SerfContext, type SerfModules } from './context.ts';
import { Coordinates } from './coordinates.ts';
import { Departure } from './departure.ts';
import { Doubts } from './doubts.ts';
import type { MemberChange } from './effects.ts';
import { Inbox } from './inbox.ts';
import { Intents } from './intents.ts';
import { answerInternal } from './internal-queries.ts';
import { Joining } from './joining.ts';
import { Listeners } from './listeners.ts';
import { NameConflicts } from './name-conflict.ts';
import type { SerfOptions } from './options.ts';
import { OwnQueries, type QueryHandler, type QueryParams } from './own-queries.ts';
import { Relays } from './relay.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { localSerfState } from './state-exchange.ts';
import { swimDelegate } from './swim-delegate.ts';
import { metaOf, TagUpdates } from './tag-updates.ts';
import { Upkeep } from './upkeep.ts';
import { UserEvents } from './user-events.ts';

/** All that a member of a Serf pool consists of. */
export interface SerfParts {
  readonly context: SerfContext;
  readonly swim: Swim;
  readonly intents: Intents;
  readonly events: UserEvents;
  readonly queries: OwnQueries;
  readonly answering: Answering;
  readonly inbox: Inbox;
  readonly joining: Joining;
  readonly departure: Departure;
  readonly conflicts: NameConflicts;
  readonly listeners: Listeners;
  readonly snapshot: SnapshotKeeper;
  readonly tagUpdates: TagUpdates;
  readonly upkeep: Upkeep;
  readonly coordinates: Coordinates;
  /** Sends a query to all, us too, and returns its handle. Throws SerfError. */
  readonly ask: (params: QueryParams, handlerOf: (handle: number) => QueryHandler) => number;
}

/** Makes the parts and says which knows which. Throws SerfError, TypeError. */
export function assembleSerf(options: SerfOptions, modules: SerfModules): SerfParts {
  const context = new SerfContext(options, modules);
  const listeners = new Listeners(context);
  const snapshot = new SnapshotKeeper(context);
  const coordinates = new Coordinates(context);
  const intents = new Intents(context);
  const events = new UserEvents(context, (event) => listeners.userEvent(event));
  const swim = makeSwim(context, () => localSerfState(context, events), coordinates.ackPayload);
  const queries = new OwnQueries(context);
  const relays = new Relays(context);
  const answering = new Answering(context, {
    relays,
    internal: (query) => answerInternal(context, query),
    takeOwn: (response) => queries.take(response),
  });
  const inbox = new Inbox(context, { intents, events, queries, answering, relays });
  const ask = (params: QueryParams, handlerOf: (handle: number) => QueryHandler): number => {
    const { handle, message, body } = queries.open(params, handlerOf);
    if (answering.take(message)) inbox.passOn('queries', body, params.name);
    return handle;
  };
  const doubts = new Doubts(context, {
    askOf: (members, params, handler) => {
      const { body } = queries.open(params, () => handler, QUERY_NO_BROADCAST);
      for (const { node, name } of members) context.sendDirect(node.address, name, body);
    },
    sayLeaves: (name) => intents.announceLeave(name, false),
  });
  const joining = new Joining(context, () => {
    // Who began to leave meanwhile does not take it back.
    if (context.state === 'alive') intents.announceJoin();
  });
  context.onMemberChange = (change: MemberChange, member: Member) => {
    snapshot.note(change, member);
    if (change === 'reap') coordinates.forget(member.name);
    listeners.memberChange(change, member);
  };
  return {
    context,
    swim,
    intents,
    events,
    queries,
    answering,
    inbox,
    joining,
    departure: new Departure(context, intents, () => swim.leave(context.nowMs)),
    conflicts: new NameConflicts(context, {
      ask: (params, handler) => ask(params, () => handler),
      ping: (to) => swim.ask(context.name, to, context.nowMs),
      exchange: ({ node, name }) => joining.exchange(node.address, name, false),
    }),
    listeners,
    snapshot,
    tagUpdates: new TagUpdates(context),
    upkeep: new Upkeep(
      context,
      ({ node }) => joining.exchange(node.address, node.name, true),
      () => doubts.advance(),
    ),
    coordinates,
    ask,
  };
}

function makeSwim(context: SerfContext, userState: () => Uint8Array, ackPayload: (() => Uint8Array) | undefined): Swim {
  const { name, addr, port, tags = {}, swim } = context.options;
  const identity = { name, addr, port, meta: metaOf(tags), vsn: context.vsn };
  const { random, encode, overheadBytes } = context.modules;
  return new Swim(identity, swim, {
    random,
    delegate: swimDelegate(context, { userState, ackPayload }),
    ...(encode && { encode }),
    ...(overheadBytes && { overheadBytes }),
  });
}
