import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import { encodeFilter, type QueryFilter } from '../wire/filters.ts';
import { QUERY_ACK, type QueryMessage, type QueryResponse, RESPONSE_ACK } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';
import { isExpression } from './query-filter.ts';

/** What to ask. */
export interface QueryParams {
  readonly name: string;
  readonly payload?: Uint8Array;
  /** All must let a member pass. Default: everybody is asked. */
  readonly filters?: readonly QueryFilter[];
  /** Whether each is to say at once that it got the query. Default: no. */
  readonly ack?: boolean;
  /** So many members pass each answer on as well. 0–255; default: 0. */
  readonly relayFactor?: number;
  /** Default: grows with the pool, see `queryTimeoutMult`. */
  readonly timeoutMs?: number;
}

/** What becomes of a query. */
export interface QueryHandler {
  readonly onAck?: (from: string) => void;
  readonly onAnswer: (from: string, payload: Uint8Array) => void;
  readonly onEnd: (acks: number, answers: number) => void;
}

interface OwnQuery {
  readonly id: number;
  readonly deadlineMs: number;
  readonly handler: QueryHandler;
  readonly acks: Set<string>;
  readonly answers: Set<string>;
}

const MAX_QUERIES = 1024;
/** More names than members may answer: some came meanwhile. */
const SPARE_NAMES = 64;
const ID_BOUND = 2 ** 31;
const MAX_TIMEOUT_MS = 86_400_000;
const NO_BYTES = new Uint8Array(0);

/** Our queries that are still open, and who answered. */
export class OwnQueries {
  readonly #context: SerfContext;
  /** By Lamport time, which is their handle: each of ours has its own. */
  readonly #open = new Map<number, OwnQuery>();

  constructor(context: SerfContext) {
    this.#context = context;
  }

  get nextMs(): number {
    let nextMs = Infinity;
    for (const { deadlineMs } of this.#open.values()) nextMs = Math.min(nextMs, deadlineMs);
    return nextMs;
  }

  /**
   * Opens a query, and returns its handle and the message, which is ours to answer as well as to send. `flags`: besides what
   * `params` say. Throws SerfError.
   */
  open(
    params: QueryParams,
    handlerOf: (handle: number) => QueryHandler,
    flags = 0,
  ): { readonly handle: number; readonly message: QueryMessage; readonly body: Uint8Array } {
    const context = this.#context;
    if (this.#open.size >= MAX_QUERIES) throw new SerfError('GOSSIP_BUSY', `query: ${MAX_QUERIES} are open`);
    const timeoutMs = params.timeoutMs ?? this.defaultTimeoutMs();
    checkParams(params, timeoutMs);
    const handle = context.queryClock.time;
    const message: QueryMessage = {
      type: 'query',
      addr: context.options.addr,
      filters: params.filters === undefined || params.filters.length === 0 ? null : params.filters.map(encodeFilter),
      flags: flags | (params.ack === true ? QUERY_ACK : 0),
      id: context.random.nextInt(ID_BOUND),
      lamportTime: handle,
      name: params.name,
      payload: params.payload?.slice() ?? null,
      port: context.options.port,
      relayFactor: params.relayFactor ?? 0,
      sourceNode: context.name,
      timeoutNanos: Math.round(timeoutMs * NANOS_PER_MILLI),
    };
    const body = context.encode(message);
    const limit = context.tuning.queryLimitBytes;
    if (body.length > limit) {
      throw new SerfError(
        'GOSSIP_TOO_LARGE',
        `query ${params.name}: ${body.length} bytes encoded, allowed are ${limit}`,
        {
          bytes: body.length,
          limit,
        },
      );
    }
    context.queryClock.tick();
    const deadlineMs = context.nowMs + timeoutMs;
    this.#open.set(handle, {
      id: message.id,
      deadlineMs,
      handler: handlerOf(handle),
      acks: new Set(),
      answers: new Set(),
    });
    return { handle, message, body };
  }

  /** Long enough for the query to reach all, and for their answers. */
  defaultTimeoutMs(): number {
    const { members, options, tuning } = this.#context;
    const alive = Math.max(1, members.presentCount);
    return options.swim.gossipIntervalMs * tuning.queryTimeoutMult * Math.ceil(Math.log10(alive + 1));
  }

  /** An answer, or the receipt; of each member the first counts. */
  take({ lamportTime, id, from, flags, payload }: QueryResponse): void {
    const context = this.#context;
    const query = this.#open.get(lamportTime);
    if (query === undefined || query.id !== id || query.deadlineMs < context.nowMs) return;
    const isAck = (flags & RESPONSE_ACK) !== 0;
    const names = isAck ? query.acks : query.answers;
    if (names.has(from)) return;
    if (names.size >= context.members.size + SPARE_NAMES) {
      context.notice('overflow', from, `more answers to a query than members`);
      return;
    }
    names.add(from);
    if (isAck) query.handler.onAck?.(from);
    else query.handler.onAnswer(from, payload ?? NO_BYTES);
  }

  /** Ends a query now. No effect if it has ended. */
  close(handle: number): void {
    const query = this.#open.get(handle);
    if (query === undefined) return;
    this.#open.delete(handle);
    query.handler.onEnd(query.acks.size, query.answers.size);
  }

  /** Ends those whose time is over. */
  advance(): void {
    for (const [handle, { deadlineMs }] of this.#open) if (deadlineMs <= this.#context.nowMs) this.close(handle);
  }
}

const NANOS_PER_MILLI = Number(NANOS_PER_MILLISECOND);

function checkParams({ name, relayFactor = 0, filters = [] }: QueryParams, timeoutMs: number): void {
  for (const filter of filters) {
    if (filter.kind === 'tag' && !isExpression(filter.expression)) {
      throw new SerfError('GOSSIP_INVALID', `query ${name}: ${filter.expression}, allowed are expressions of RE2`);
    }
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new SerfError('GOSSIP_INVALID', `query ${name}: timeoutMs ${timeoutMs}, allowed is up to ${MAX_TIMEOUT_MS}`);
  }
  if (!(Number.isInteger(relayFactor) && relayFactor >= 0 && relayFactor <= 0xff)) {
    throw new SerfError('GOSSIP_INVALID', `query ${name}: relayFactor ${relayFactor}, allowed are 0 to 255`);
  }
}
