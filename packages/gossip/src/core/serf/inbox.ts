import { formatAddress } from '../host-port.ts';
import { WireError } from '../errors.ts';
import type { Address } from '../types.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { JoinIntent, SerfMessage } from '../wire/serf-messages.ts';
import type { Answering } from './answering.ts';
import type { SerfContext } from './context.ts';
import type { Intents } from './intents.ts';
import { LAMPORT_MAX } from './lamport-clock.ts';
import { memberOf } from './member-list.ts';
import type { QueueKind } from './outgoing-queues.ts';
import type { OwnQueries } from './own-queries.ts';
import type { Relays } from './relay.ts';
import type { UserEvents } from './user-events.ts';

/** A type byte and two lengths: what a message takes of a packet besides itself. */
const PACKET_OVERHEAD_BYTES = 8;

export interface InboxModules {
  readonly intents: Intents;
  readonly events: UserEvents;
  readonly queries: OwnQueries;
  readonly answering: Answering;
  readonly relays: Relays;
}

/** Serf messages that came in packets: each to whom it concerns, and on to others as long as it is news. */
export class Inbox {
  readonly #context: SerfContext;
  readonly #modules: InboxModules;

  constructor(context: SerfContext, modules: InboxModules) {
    this.#context = context;
    this.#modules = modules;
  }

  /** Never throws for what `body` holds. */
  take(body: Uint8Array, from: Address): void {
    const message = this.#read(body, from);
    if (message === undefined) return;
    const { intents, events, queries, answering, relays } = this.#modules;
    switch (message.type) {
      case 'join':
        if (this.#takeJoin(message)) this.passOn('intents', body.slice(), message.node);
        break;
      case 'leave':
        if (intents.takeLeave(message)) this.passOn('intents', body.slice(), message.node);
        break;
      case 'userEvent':
        if (events.take(message)) this.passOn('events', body.slice(), message.name);
        break;
      case 'query':
        if (answering.take(message)) this.passOn('queries', body.slice(), message.name);
        break;
      case 'queryResponse':
        queries.take(message);
        break;
      case 'relay':
        relays.take(message);
        break;
      default:
        this.#context.notice('undecodable', formatAddress(from), `${message.type} is no message of packets`);
    }
  }

  /** The first intent of a member belongs to its coming, which is told already. */
  #takeJoin(intent: JoinIntent): boolean {
    const context = this.#context;
    const member = context.members.get(intent.node);
    const again = member?.status === 'alive' && member.statusLamportTime > 0 && intent.node !== context.name;
    const news = this.#modules.intents.hearJoin(intent);
    if (news && again) context.emit({ type: 'joinedAnew', member: memberOf(member) });
    return news;
  }

  /** Queues a message that others are to hear too. One that no packet can hold spreads by exchanges of tables only. */
  passOn(kind: QueueKind, body: Uint8Array, subject: string): void {
    const { modules, options, queues } = this.#context;
    const roomBytes = options.swim.udpBufferBytes - (modules.overheadBytes?.() ?? 0) - PACKET_OVERHEAD_BYTES;
    if (body.length <= roomBytes) queues.add(kind, body);
    else this.#context.notice('overflow', subject, `${body.length} bytes do not fit in a packet of ${roomBytes}`);
  }

  #read(body: Uint8Array, from: Address): SerfMessage | undefined {
    try {
      const message = decodeSerfMessage(body);
      if (!('lamportTime' in message) || message.lamportTime <= LAMPORT_MAX) return message;
      this.#context.notice('refused', formatAddress(from), `Lamport time ${message.lamportTime}`);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#context.notice('undecodable', formatAddress(from), error.message);
    }
    return undefined;
  }
}
