import { formatIp, parseIp } from '../ip.ts';
import { WireError } from '../errors.ts';
import type { ConflictEvent } from '../swim/effects.ts';
import { MEMBER_STATUSES } from '../types.ts';
import { decodeSerfMessage } from '../wire/serf-codec.ts';
import type { ConflictResponse, MemberRecord, QueryMessage } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import { SerfError } from './errors.ts';
import { memberOf, type MemberState } from './member-list.ts';
import type { QueryHandler, QueryParams } from './own-queries.ts';

/** What the query about a name is called on the wire. */
export const CONFLICT_QUERY = '_serf_conflict';

const utf8 = new TextDecoder();

/** Settles who may keep a name that two claim: all others are asked, and whoever most of them do not know must stop. */
export class NameConflicts {
  readonly #context: SerfContext;
  readonly #ask: (params: QueryParams, handler: QueryHandler) => number;
  #isVoting = false;

  constructor(context: SerfContext, ask: (params: QueryParams, handler: QueryHandler) => number) {
    this.#context = context;
    this.#ask = ask;
  }

  /** Only a conflict about our own name is ours to settle, once at a time. */
  take(conflict: ConflictEvent): void {
    const context = this.#context;
    context.emit(conflict);
    const isOurs = conflict.existing.name === context.name;
    if (!isOurs || this.#isVoting || !context.tuning.conflictResolution || context.state !== 'alive') return;
    this.#isVoting = true;
    try {
      this.#vote();
    } catch (error) {
      if (!(error instanceof SerfError)) throw error;
      this.#isVoting = false;
      context.notice('overflow', context.name, error.message);
    }
  }

  #vote(): void {
    const context = this.#context;
    let answers = 0;
    let matching = 0;
    this.#ask(
      { name: CONFLICT_QUERY, payload: new TextEncoder().encode(context.name) },
      {
        onAnswer: (_from, payload) => {
          const response = readConflictResponse(payload);
          if (response === undefined) return;
          // Who knows no such member speaks against us too.
          answers++;
          const ip = formatIp(response.member?.addr ?? null);
          if (ip !== undefined && context.isUs({ ip, port: response.member!.port })) matching++;
        },
        onEnd: () => {
          this.#isVoting = false;
          const won = matching >= Math.floor(answers / 2) + 1;
          context.emit({ type: 'conflictVote', won, answers, matching });
        },
      },
    );
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
