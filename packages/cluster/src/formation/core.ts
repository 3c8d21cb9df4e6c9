import type { Random } from '@dkron/runtime';
import type { DescribeOutcome } from '../describe/description.ts';
import { judgeFresh } from './judge-fresh.ts';
import { judgePledged } from './judge-pledged.ts';
import { type Admission, type Founder, type Phase, phaseAt } from './phase.ts';
import { refusePledge } from './pledge-rules.ts';
import { founderOf, type FoundingRecord, sameRecord } from './record.ts';
import { Round } from './round.ts';
import type {
  FormationCoreOptions,
  FormationEffect,
  FormationState,
  FormationStatus,
  PledgeAnswer,
  PledgeRequest,
  SeenServer,
} from './types.ts';

/** How long raft may take to make a call durable. */
const JOINING_MS = 5000;

/**
 * The formation of a cluster as one server sees it: fresh → pledged to a record → member of it. Pure: what happens goes
 * in with the time, what is to be done comes out. Members are founded only by the founder's write after all pledges, a
 * birth holds one pledge at a time, and lets go of it only when the founder has aborted or can no longer be asked; so
 * founded records are disjoint sets of births.
 */
export class FormationCore {
  readonly #options: Required<FormationCoreOptions>;
  readonly #clusterIdOf: (record: FoundingRecord) => string;
  readonly #random: Random;
  #birth: string;
  #attempt: number;
  #phase: Phase;
  #status: FormationStatus = { kind: 'starting' };
  #seen: readonly SeenServer[] = [];
  #joinRoundEnded = false;
  #rounds = 0;
  #round: Round | undefined;
  /** The view has changed since the round began: its answers do not cover everybody. */
  #again = false;
  #nextRoundMs = 0;
  /** Not before this is an attempt made again. */
  #nextAttemptMs = 0;

  constructor(
    options: FormationCoreOptions,
    state: FormationState,
    modules: { readonly clusterIdOf: (record: FoundingRecord) => string; readonly random: Random },
  ) {
    if (!Number.isSafeInteger(options.expect) || options.expect < 0) {
      throw new TypeError(`expect ${options.expect}: integers from 0 are allowed`);
    }
    const defaults = { roundMs: 250, askFounderMs: 1000, pledgeTimeoutMs: 3000, pledgeRepeatMs: 500, retryMs: 100 };
    this.#options = { ...defaults, ...options };
    this.#clusterIdOf = modules.clusterIdOf;
    this.#random = modules.random;
    this.#birth = state.birth;
    this.#attempt = state.attempt;
    this.#phase = phaseAt(state);
    if (this.#phase.kind === 'member') this.#status = this.#phase;
  }

  /** Continues what the last process was at: a founder aborts, since it cannot know who has answered. */
  start(nowMs: number): FormationEffect[] {
    if (this.#phase.kind !== 'pledged') return this.tick(nowMs);
    const { record } = this.#phase;
    // By birth: the server may have another name now.
    if (record.members[0]?.birth === this.#birth) return this.#release(record, true, 'started anew');
    this.#status = { kind: 'pledged', founder: founderOf(record) };
    return this.tick(nowMs);
  }

  get status(): FormationStatus {
    return this.#status;
  }

  get birth(): string {
    return this.#birth;
  }

  /** The record this server is promised to; also while a promise is being written or taken back. */
  get pledge(): FoundingRecord | undefined {
    return 'record' in this.#phase ? this.#phase.record : undefined;
  }

  get isMember(): boolean {
    return this.#phase.kind === 'member';
  }

  /** Gossip tells of servers of the region, whatever the event. */
  view(seen: readonly SeenServer[], nowMs: number): FormationEffect[] {
    const before = aliveText(this.#seen);
    this.#seen = seen.filter(({ name }) => name !== this.#options.name);
    if (aliveText(this.#seen) === before) return [];
    this.#again = true;
    this.#nextRoundMs = nowMs;
    return this.tick(nowMs);
  }

  /** Every join target has been tried, or there was no time left for them. */
  joinRoundOver(nowMs: number): FormationEffect[] {
    this.#joinRoundEnded = true;
    return this.tick(nowMs);
  }

  /** To be called at least every 250 ms. */
  tick(nowMs: number): FormationEffect[] {
    const phase = this.#phase;
    if (phase.kind === 'founder') return this.#remind(phase, nowMs);
    if (phase.kind === 'joining' && nowMs >= phase.untilMs) this.#phase = { kind: 'fresh' };
    const looking = this.#phase.kind === 'fresh' || this.#phase.kind === 'pledged';
    if (!looking || this.#round !== undefined || nowMs < this.#nextRoundMs) return [];
    return this.#look(nowMs);
  }

  described(round: number, name: string, outcome: DescribeOutcome, nowMs: number): FormationEffect[] {
    if (this.#round?.id !== round) return [];
    this.#round.answered(name, outcome);
    return this.#round.complete ? this.#judge(this.#round, nowMs) : [];
  }

  /** A founder asks. `replyTo` comes back in the answer. */
  pledgeAsked(request: PledgeRequest, replyTo: number): FormationEffect[] {
    const phase = this.#phase;
    const { name, region, expect } = this.#options;
    const { record } = request;
    if (phase.kind === 'pledged' && sameRecord(phase.record, record)) return [answer(replyTo, true)];
    if (phase.kind === 'pledging' && phase.replies !== 'founder' && sameRecord(phase.record, record)) {
      phase.replies.push(replyTo);
      return [];
    }
    if (phase.kind !== 'fresh') return [answer(replyTo, false, `${name} is not fresh but ${phase.kind}`)];
    if (this.#status.kind === 'member-seen') {
      return [
        answer(replyTo, false, `${name} sees ${this.#status.name}, a member of cluster ${this.#status.clusterId}`),
      ];
    }
    const why = refusePledge({ name, region, expect, birth: this.#birth }, request);
    if (why !== undefined) return [answer(replyTo, false, why)];
    return this.#pledge(record, [replyTo]);
  }

  /** What a server said to our request for its pledge. Silence is no answer. */
  pledgeAnswered(name: string, attempt: number, { accepted, reason }: PledgeAnswer, nowMs: number): FormationEffect[] {
    const phase = this.#phase;
    if (phase.kind !== 'founder' || phase.record.attempt !== attempt) return [];
    if (!accepted) return this.#release(phase.record, true, `${name} refused: ${reason}`);
    phase.missing.delete(name);
    if (phase.missing.size > 0) return [];
    // At the deadline others may have begun to doubt; a pledge that came in time is still held.
    return nowMs < phase.deadlineMs ? this.#found(phase.record) : [];
  }

  /** The last `write` is durable. */
  written(nowMs: number): FormationEffect[] {
    const phase = this.#phase;
    if (phase.kind === 'releasing') {
      this.#become({ kind: 'fresh' }, nowMs);
      const { retryMs } = this.#options;
      if (phase.aborted) this.#nextAttemptMs = nowMs + retryMs + this.#random.nextInt(2 * retryMs + 1);
      return this.tick(nowMs);
    }
    if (phase.kind !== 'pledging') return [];
    if (phase.replies !== 'founder') {
      this.#become({ kind: 'pledged', record: phase.record }, nowMs + this.#options.askFounderMs);
      this.#status = { kind: 'pledged', founder: founderOf(phase.record) };
      return phase.replies.map((replyTo) => answer(replyTo, true));
    }
    return this.#askAll(phase.record, nowMs);
  }

  /** The `found` is durable. */
  founded(): FormationEffect[] {
    const phase = this.#phase;
    if (phase.kind === 'founding') this.#toMember(this.#clusterIdOf(phase.record));
    return [];
  }

  /** The data folder has a new birth and holds nothing else. */
  redrawn(birth: string, nowMs: number): FormationEffect[] {
    if (this.#phase.kind !== 'redrawing') return [];
    this.#birth = birth;
    this.#attempt = 0;
    this.#become({ kind: 'fresh' }, nowMs);
    return this.tick(nowMs);
  }

  /**
   * A leader's handshake of a cluster names our birth while we belong to none. Whoever is promised to another record
   * must not come, or that record would be founded with a voter that is none.
   */
  admit(clusterId: string, nowMs: number): Admission {
    const phase = this.#phase;
    if (phase.kind === 'member') return { kind: 'join' };
    if (phase.kind === 'joining') {
      if (phase.clusterId === clusterId) return { kind: 'join' };
      return { kind: 'refuse', why: `it is just joining cluster ${phase.clusterId}` };
    }
    if (phase.kind === 'fresh') {
      this.#phase = { kind: 'joining', clusterId, untilMs: nowMs + JOINING_MS };
      return { kind: 'join' };
    }
    if ('record' in phase && this.#clusterIdOf(phase.record) === clusterId) {
      if (phase.kind === 'pledged') this.#found(phase.record);
      if (this.#phase.kind === 'founding') return { kind: 'found', record: phase.record };
    }
    const founder = founderOf(phase.record);
    return {
      kind: 'refuse',
      why: `it is promised to the cluster that ${founder} founds; it comes once that is settled`,
    };
  }

  /** Raft has made this server a member, durably. */
  called(clusterId: string): FormationEffect[] {
    const { kind } = this.#phase;
    if (kind === 'member' || kind === 'founding' || clusterId === '') return [];
    const replies = this.#phase.kind === 'pledging' && this.#phase.replies !== 'founder' ? this.#phase.replies : [];
    this.#toMember(clusterId);
    return replies.map((replyTo) =>
      answer(replyTo, false, `${this.#options.name} has just joined cluster ${clusterId}`),
    );
  }

  #look(nowMs: number): FormationEffect[] {
    // A server that never founds has nothing to ask for, unless it has promised something.
    if (this.#options.expect === 0 && this.#phase.kind === 'fresh') {
      this.#status = { kind: 'expect-zero' };
      return [];
    }
    const asked = this.#seen.filter(({ status }) => status === 'alive');
    this.#again = false;
    this.#round = new Round(++this.#rounds, nowMs, asked);
    if (this.#round.complete) return this.#judge(this.#round, nowMs);
    const round = this.#rounds;
    return asked.map(({ name, address }) => ({ kind: 'describe', round, name, address }));
  }

  #judge(round: Round, nowMs: number): FormationEffect[] {
    const phase = this.#phase;
    this.#round = undefined;
    const { roundMs, askFounderMs } = this.#options;
    this.#nextRoundMs = round.startedMs + (phase.kind === 'pledged' ? askFounderMs : roundMs);
    if (this.#again) {
      this.#nextRoundMs = nowMs;
      return this.#look(nowMs);
    }
    if (phase.kind === 'pledged') return this.#judgePledged(phase.record, round);
    return phase.kind === 'fresh' ? this.#judgeFresh(round, nowMs) : [];
  }

  #judgeFresh(round: Round, nowMs: number): FormationEffect[] {
    const gone = this.#seen.filter(({ status }) => status === 'gone');
    const { name, region, expect } = this.#options;
    const facts = { name, region, expect, birth: this.#birth, joinRoundEnded: this.#joinRoundEnded, gone };
    const verdict = judgeFresh(facts, round);
    if (verdict.kind === 'wait') {
      this.#status = verdict.status;
      return [];
    }
    if (nowMs < this.#nextAttemptMs) return [];
    this.#attempt += 1;
    return this.#pledge({ region, attempt: this.#attempt, members: verdict.members }, 'founder');
  }

  #judgePledged(record: FoundingRecord, round: Round): FormationEffect[] {
    const verdict = judgePledged(record, this.#clusterIdOf(record), round);
    switch (verdict.kind) {
      case 'wait':
        this.#status = verdict.status;
        return [];
      case 'member':
        return this.#found(record);
      case 'release':
        return this.#release(record, false, `${founderOf(record)} gave it up`);
      case 'redraw':
        this.#phase = { kind: 'redrawing', record };
        return [{ kind: 'redraw' }];
    }
  }

  #pledge(record: FoundingRecord, replies: number[] | 'founder'): FormationEffect[] {
    this.#phase = { kind: 'pledging', record, replies };
    const attempt = replies === 'founder' ? { attempt: record.attempt } : {};
    return [{ kind: 'write', change: { ...attempt, pledge: record } }];
  }

  #askAll(record: FoundingRecord, nowMs: number): FormationEffect[] {
    const missing = new Set(record.members.map(({ id }) => id));
    missing.delete(this.#options.name);
    if (missing.size === 0) return this.#found(record);
    const deadlineMs = nowMs + this.#options.pledgeTimeoutMs;
    const founder: Founder = { kind: 'founder', record, missing, deadlineMs, repeatMs: nowMs };
    this.#phase = founder;
    return this.#remind(founder, nowMs);
  }

  #remind(founder: Founder, nowMs: number): FormationEffect[] {
    const { record, missing, deadlineMs } = founder;
    this.#status = { kind: 'founding', members: record.members.map(({ id }) => id), missing: [...missing] };
    if (nowMs >= deadlineMs) return this.#release(record, true, `${[...missing].join(', ')} did not answer in time`);
    if (nowMs < founder.repeatMs) return [];
    founder.repeatMs = nowMs + this.#options.pledgeRepeatMs;
    const request = { from: this.#options.name, record };
    const servers = this.#seen.filter(({ name, status }) => missing.has(name) && status === 'alive');
    return servers.map(({ name, address }) => ({ kind: 'pledge', name, address, request }));
  }

  #found(record: FoundingRecord): FormationEffect[] {
    this.#phase = { kind: 'founding', record };
    return [{ kind: 'found', record }];
  }

  #release(record: FoundingRecord, aborted: boolean, why: string): FormationEffect[] {
    this.#phase = { kind: 'releasing', record, aborted };
    this.#status = { kind: 'retrying', why };
    return [{ kind: 'write', change: { pledge: null } }];
  }

  #become(phase: Phase, nextRoundMs: number): void {
    this.#phase = phase;
    // Whatever is still on its way was said before: what a founder said then must not release a pledge given since.
    this.#round = undefined;
    this.#nextRoundMs = nextRoundMs;
  }

  #toMember(clusterId: string): void {
    this.#phase = { kind: 'member', clusterId };
    this.#status = { kind: 'member', clusterId };
  }
}

function answer(replyTo: number, accepted: boolean, reason = ''): FormationEffect {
  return { kind: 'answer', replyTo, answer: { accepted, reason } };
}

function aliveText(seen: readonly SeenServer[]): string {
  const alive = seen.filter(({ status }) => status === 'alive').map(({ name, address }) => [name, address]);
  return JSON.stringify(alive.toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1)));
}
