import { formatAddress } from '../host-port.ts';
import { formatIp, parseIp } from '../ip.ts';
import { WireError } from '../errors.ts';
import type { ConflictEvent } from '../swim/effects.ts';
import { type Address, MEMBER_STATUSES } from '../types.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { ConflictResponse, MemberRecord, QueryMessage } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';
import { memberOf, type MemberState } from './member-list.ts';
import type { QueryHandler, QueryParams } from './own-queries.ts';

/** What the query about a name is called on the wire. */
export const CONFLICT_QUERY = '_serf_conflict';

const utf8 = new TextDecoder();

/** The other holder is pinged so often, and then has so long to answer. */
const PINGS = 3;
const PING_PAUSE_MS = 500;
const ANSWER_MS = 1000;
/** Who does not answer will be found dead. Until then the pool is asked anew so often. */
const RETRY_MS = 2000;
/** Longest that may take besides the time for which the dead are remembered. */
const PATIENCE_MS = 60_000;
const MAX_HOLDERS = 3;

export interface NameConflictModules {
  /** Sends a query to all. Throws SerfError. */
  readonly ask: (params: QueryParams, handler: QueryHandler) => void;
  /** Pings whoever has our name at `to`. Returns the number that {@link NameConflicts.answered} is told. */
  readonly ping: (to: Address) => number;
  /** Exchanges tables with a member. */
  readonly exchange: (member: MemberState) => void;
}

interface Vote {
  readonly answers: number;
  readonly matching: number;
}

/**
 * Settles who may keep a name that two claim: all others are asked, and whoever most of them do not know must stop, if the
 * one they know is there. If nobody answers at its address, that was us before a restart, most likely: then the pool is
 * asked again until it has found the old one dead.
 */
export class NameConflicts {
  readonly #context: SerfContext;
  readonly #modules: NameConflictModules;
  #phase: 'none' | 'vote' | 'pings' | 'retry' = 'none';
  #atMs = Infinity;
  #vote: Vote = { answers: 0, matching: 0 };
  /** Where others have our name, as `ip port`. */
  readonly #holders = new Map<string, Address>();
  #pings = new Set<number>();
  #rounds = 0;
  /** When the first vote of a row was lost, and when we were claimed last. */
  #lostMs = 0;
  #claimedMs = -Infinity;

  constructor(context: SerfContext, modules: NameConflictModules) {
    this.#context = context;
    this.#modules = modules;
  }

  get nextMs(): number {
    return this.#atMs;
  }

  /** Only a conflict about our own name is ours to settle, once at a time. */
  take(conflict: ConflictEvent): void {
    const context = this.#context;
    context.emit(conflict);
    const isOurs = conflict.existing.name === context.name;
    if (!isOurs || !context.tuning.conflictResolution || context.state !== 'alive') return;
    const isWaiting = this.#phase === 'retry' && this.#atMs > context.nowMs;
    if (this.#phase === 'vote' || this.#phase === 'pings' || isWaiting) return;
    if (context.nowMs - this.#claimedMs > this.#patienceMs) this.#lostMs = Infinity;
    this.#claimedMs = context.nowMs;
    this.#holders.clear();
    this.#addHolder(formatIp(conflict.claim.addr), conflict.claim.port);
    this.#enter('vote', Infinity);
    try {
      this.#ask();
    } catch (error) {
      if (!(error instanceof SerfError)) throw error;
      this.#enter('none', Infinity);
      context.notice('overflow', context.name, error.message);
    }
  }

  /** The ping of this number was answered. */
  answered(seqNo: number): void {
    if (this.#phase === 'pings' && this.#pings.has(seqNo)) this.#conclude(false);
  }

  /** Does what is due. */
  advance(): void {
    const context = this.#context;
    if (this.#atMs > context.nowMs) return;
    if (context.state !== 'alive') {
      this.#enter('none', Infinity);
    } else if (this.#phase === 'pings') {
      if (this.#rounds < PINGS) this.#ping();
      else if (context.nowMs - this.#lostMs >= this.#patienceMs) this.#conclude(false);
      else this.#enter('retry', RETRY_MS);
    } else {
      this.#enter('none', Infinity);
      // Its answer has the conflict, as long as there is one.
      const [member] = context.pickAlive(1);
      if (member !== undefined) this.#modules.exchange(member);
    }
  }

  get #patienceMs(): number {
    return PATIENCE_MS + this.#context.options.swim.gossipToTheDeadMs;
  }

  #ask(): void {
    const context = this.#context;
    let answers = 0;
    let matching = 0;
    this.#modules.ask(
      { name: CONFLICT_QUERY, payload: new TextEncoder().encode(context.name) },
      {
        onAnswer: (_from, payload) => {
          const response = readConflictResponse(payload);
          if (response === undefined) return;
          // Who knows no such member speaks against us too.
          answers++;
          const ip = formatIp(response.member?.addr ?? null);
          if (ip !== undefined && context.isUs({ ip, port: response.member!.port })) matching++;
          else this.#addHolder(ip, response.member?.port ?? 0);
        },
        onEnd: () => {
          this.#vote = { answers, matching };
          if (matching >= Math.floor(answers / 2) + 1) this.#conclude(true);
          else this.#begin();
        },
      },
    );
  }

  #begin(): void {
    const { nowMs, name } = this.#context;
    if (this.#lostMs === Infinity) {
      this.#lostMs = nowMs;
      this.#context.notice('nameInDoubt', name, `others have it at ${[...this.#holders.keys()].join(', ')}`);
    }
    this.#pings = new Set();
    this.#rounds = 0;
    this.#ping();
  }

  #ping(): void {
    this.#rounds++;
    this.#enter('pings', this.#rounds < PINGS ? PING_PAUSE_MS : ANSWER_MS);
    for (const to of this.#holders.values()) this.#pings.add(this.#modules.ping(to));
  }

  #conclude(won: boolean): void {
    this.#enter('none', Infinity);
    if (won) this.#claimedMs = -Infinity;
    this.#context.emit({ type: 'conflictVote', won, ...this.#vote });
  }

  #addHolder(ip: string | undefined, port: number): void {
    if (ip === undefined || port === 0 || this.#holders.size >= MAX_HOLDERS || this.#context.isUs({ ip, port })) return;
    this.#holders.set(formatAddress({ ip, port }), { ip, port });
  }

  #enter(phase: 'none' | 'vote' | 'pings' | 'retry', forMs: number): void {
    this.#phase = phase;
    this.#atMs = this.#context.nowMs + forMs;
  }
}

/** How we see the member that a conflict is about; `undefined` if that is us, who have no vote. */
export function answerConflict(context: SerfContext, { payload }: QueryMessage): Uint8Array | undefined {
  const name = utf8.decode(payload ?? new Uint8Array(0));
  if (name === context.name) return undefined;
  const state = context.members.get(name);
  return context.encode({ type: 'conflictResponse', member: state === undefined ? null : recordOf(state) });
}

function recordOf(state: MemberState): MemberRecord {
  const { name, address, status, tags, versions } = memberOf(state);
  return {
    ...versions,
    name,
    addr: parseIp(address.ip)!,
    port: address.port,
    status: MEMBER_STATUSES.indexOf(status),
    tags: new Map(Object.entries(tags)),
  };
}

/** What a member says of a name; `undefined` of what is no such answer. */
export function readConflictResponse(payload: Uint8Array): ConflictResponse | undefined {
  try {
    const response = decodeSerfMessage(payload);
    return response.type === 'conflictResponse' ? response : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
