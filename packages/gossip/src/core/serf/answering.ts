import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import { formatIp } from '../ip.ts';
import type { Address } from '../types.ts';
import {
  QUERY_ACK,
  QUERY_NO_BROADCAST,
  type QueryMessage,
  type QueryResponse,
  RESPONSE_ACK,
} from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';
import { LamportRing } from './lamport-ring.ts';
import { passesFilters } from './query-filter.ts';
import type { Relays } from './relay.ts';

/** Queries of one Lamport time, from different members. */
const MAX_PER_TIME = 256;
const ITEM_BYTES = 64;
const MAX_BYTES = 16 * 1_048_576;
/** Queries waiting for our answer; the oldest is given up for a newer one. */
const MAX_WAITING = 1024;
const MAX_TIMEOUT_MS = 86_400_000;
const NANOS_PER_MILLI = Number(NANOS_PER_MILLISECOND);

interface Waiting {
  readonly query: QueryMessage;
  readonly deadlineMs: number;
}

export interface AnsweringModules {
  /** Queries that the layer itself answers: by name. The result is the answer, `undefined` is none. */
  readonly internal: (query: QueryMessage) => { readonly answer: Uint8Array | undefined } | undefined;
  /** Our own answer to our own query. */
  readonly takeOwn: (response: QueryResponse) => void;
  readonly relays: Relays;
}

/** Queries of all members, ours among them: whom they reach, and our answers. */
export class Answering {
  readonly ring: LamportRing<true>;
  readonly #context: SerfContext;
  readonly #modules: AnsweringModules;
  /** By handle, in the order of arrival. */
  readonly #waiting = new Map<number, Waiting>();
  #nextHandle = 1;

  constructor(context: SerfContext, modules: AnsweringModules) {
    this.#context = context;
    this.#modules = modules;
    const slots = context.tuning.queryBufferSize;
    this.ring = new LamportRing(context.queryClock, { slots, itemsPerSlot: MAX_PER_TIME, maxBytes: MAX_BYTES });
  }

  /** Whether to pass the query on, which does not depend on its being for us. */
  take(query: QueryMessage): boolean {
    const context = this.#context;
    const { lamportTime, id, name } = query;
    const result = this.ring.put(lamportTime, id, true, ITEM_BYTES);
    if (result === 'outdated') context.notice('outdated', name, `query of Lamport time ${lamportTime}`);
    if (result === 'full') context.notice('overflow', name, `more than ${MAX_PER_TIME} queries of one time`);
    if (result !== 'new') return false;
    const tags = context.members.get(context.name)?.tags ?? {};
    if (passesFilters(query.filters, context.name, tags)) this.#process(query);
    return (query.flags & QUERY_NO_BROADCAST) === 0;
  }

  /** Throws SerfError when it is too late or too large. */
  respond(handle: number, payload: Uint8Array): void {
    const waiting = this.#waiting.get(handle);
    if (waiting === undefined || waiting.deadlineMs < this.#context.nowMs) {
      this.#waiting.delete(handle);
      throw new SerfError('GOSSIP_QUERY_CLOSED', `query ${handle}: was answered, or its time is over`);
    }
    const { query } = waiting;
    const body = this.#encode(query, 0, payload);
    const limit = this.#context.tuning.queryResponseLimitBytes;
    if (body.length > limit) {
      throw new SerfError(
        'GOSSIP_TOO_LARGE',
        `answer to ${query.name}: ${body.length} bytes encoded, allowed are ${limit}`,
        {
          bytes: body.length,
          limit,
        },
      );
    }
    this.#waiting.delete(handle);
    this.#send(query, 0, payload, body);
  }

  #process(query: QueryMessage): void {
    const context = this.#context;
    if ((query.flags & QUERY_ACK) !== 0) this.#send(query, RESPONSE_ACK, null);
    const internal = this.#modules.internal(query);
    if (internal !== undefined) {
      if (internal.answer !== undefined) this.#send(query, 0, internal.answer);
      return;
    }
    const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(0, query.timeoutNanos / NANOS_PER_MILLI));
    const deadlineMs = context.nowMs + timeoutMs;
    const handle = this.#nextHandle++;
    this.#waiting.set(handle, { query, deadlineMs });
    if (this.#waiting.size > MAX_WAITING) this.#giveUpOldest();
    const { name, payload, lamportTime, sourceNode: source } = query;
    context.emit({
      type: 'query',
      query: handle,
      name,
      payload: payload ?? new Uint8Array(0),
      lamportTime,
      source,
      deadlineMs,
    });
  }

  #giveUpOldest(): void {
    for (const [handle, { query }] of this.#waiting) {
      this.#waiting.delete(handle);
      this.#context.notice('overflow', query.name, `${MAX_WAITING} queries wait for an answer`);
      return;
    }
  }

  #encode({ lamportTime, id }: QueryMessage, flags: number, payload: Uint8Array | null): Uint8Array {
    return this.#context.encode({ type: 'queryResponse', lamportTime, id, from: this.#context.name, flags, payload });
  }

  #send(query: QueryMessage, flags: number, payload: Uint8Array | null, encoded?: Uint8Array): void {
    const context = this.#context;
    const { lamportTime, id, sourceNode } = query;
    const to = addressOf(query);
    if (to === undefined) {
      context.notice('refused', sourceNode, `query ${query.name} without address to answer to`);
      return;
    }
    if (sourceNode === context.name && context.isUs(to)) {
      this.#modules.takeOwn({ type: 'queryResponse', lamportTime, id, from: context.name, flags, payload });
      return;
    }
    const body = encoded ?? this.#encode(query, flags, payload);
    context.sendDirect(to, sourceNode === '' ? undefined : sourceNode, body);
    this.#modules.relays.send(query, to, body);
  }
}

function addressOf({ addr, port }: QueryMessage): Address | undefined {
  const ip = formatIp(addr);
  return ip === undefined || port === 0 ? undefined : { ip, port };
}
