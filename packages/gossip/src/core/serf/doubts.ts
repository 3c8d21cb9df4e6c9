import { MEMBER_STATUSES } from '../types.ts';
import type { SerfContext } from './context.ts';
import type { MemberState } from './member-list.ts';
import { CONFLICT_QUERY, readConflictResponse } from './name-conflict.ts';
import type { QueryHandler, QueryParams } from './own-queries.ts';

/** Leaving takes at most 11 s. Who is alive and leaving for longer is doubted. */
const DOUBT_MS = 15_000;
/** So many others are asked how they see it. */
const ASKED = 3;
const VOTE_MS = 5000;
/** Who is leaving for so long for others too is asked itself, by all hearing it. */
const CONTRADICT_MS = 60_000;
/** So many of the pool do so at a time. */
const DOUBTERS = 8;
const ALIVE = MEMBER_STATUSES.indexOf('alive');

export interface DoubtsModules {
  /** Sends a query to these alone. Throws SerfError. */
  readonly askOf: (members: readonly MemberState[], params: QueryParams, handler: QueryHandler) => void;
  /** Says to the pool that a member leaves, so that it contradicts if it does not. */
  readonly sayLeaves: (name: string) => void;
}

/**
 * A member that others saw come back may be leaving for us for ever: an intent of its earlier life, or one guessed by a peer,
 * may have the time of its return. It does not know, and exchanges of tables do not tell.
 */
export class Doubts {
  readonly #context: SerfContext;
  readonly #modules: DoubtsModules;

  constructor(context: SerfContext, modules: DoubtsModules) {
    this.#context = context;
    this.#modules = modules;
  }

  /** Doubts one member, if there are any to doubt. */
  advance(): void {
    const { members, name, nowMs, random, state } = this.#context;
    if (state !== 'alive') return;
    const doubtful: MemberState[] = [];
    for (const member of members.all()) {
      const isLong = member.status === 'leaving' && nowMs - member.goneMs > DOUBT_MS;
      if (isLong && member.name !== name) doubtful.push(member);
    }
    if (doubtful.length === 0) return;
    const member = doubtful[random.nextInt(doubtful.length)]!;
    const others = this.#context.pickAlive(ASKED);
    if (others.length === 0) {
      this.#askItself(member);
      return;
    }
    this.#askOthers(member, others);
    const isOld = nowMs - member.goneMs > CONTRADICT_MS;
    if (isOld && random.nextInt(members.presentCount) < DOUBTERS) this.#modules.sayLeaves(member.name);
  }

  /** Of two it alone can say. */
  #askItself({ node, name }: MemberState): void {
    const context = this.#context;
    const intent = { type: 'leave', lamportTime: context.memberClock.tick(), node: name, prune: false } as const;
    context.sendDirect(node.address, name, context.encode(intent));
  }

  /** In the words of the original's votes about names: each says how it sees the member. */
  #askOthers(member: MemberState, others: readonly MemberState[]): void {
    const context = this.#context;
    const { statusLamportTime } = member;
    const votes = new Map(others.map(({ name }) => [name, 0]));
    this.#modules.askOf(
      others,
      { name: CONFLICT_QUERY, payload: new TextEncoder().encode(member.name), timeoutMs: VOTE_MS },
      {
        onAnswer: (from, payload) => {
          const response = readConflictResponse(payload);
          if (response === undefined || !votes.has(from)) return;
          votes.set(from, response.member?.status === ALIVE ? 1 : -1);
        },
        onEnd: () => {
          const sum = [...votes.values()].reduce((total, vote) => total + vote, 0);
          const isSame = context.members.get(member.name) === member && member.statusLamportTime === statusLamportTime;
          if (sum > 0 && isSame && member.status === 'leaving')
            context.members.setStatus(member, 'alive', context.nowMs);
        },
      },
    );
  }
}
