import { memberOf, type MemberState } from './member-list.ts';
import type { SerfContext } from './context.ts';
import type { QueueKind } from './outgoing-queues.ts';

const QUEUES: readonly QueueKind[] = ['intents', 'queries', 'events'];
const CHANCE = 2 ** 32;

/** What is done now and then: forgetting members, trying those that failed, looking after the queues. */
export class Upkeep {
  readonly #context: SerfContext;
  /** Exchanges tables with a member, as at a join. */
  readonly #reach: (member: MemberState) => void;
  /** Asks about a member that seems to leave without end. */
  readonly #doubt: () => void;
  #reapMs = Infinity;
  #reconnectMs = Infinity;
  #checkMs = Infinity;

  constructor(context: SerfContext, reach: (member: MemberState) => void, doubt: () => void) {
    this.#context = context;
    this.#reach = reach;
    this.#doubt = doubt;
  }

  get nextMs(): number {
    return Math.min(this.#reapMs, this.#reconnectMs, this.#checkMs);
  }

  start(): void {
    const { nowMs, tuning } = this.#context;
    this.#reapMs = nowMs + tuning.reapIntervalMs;
    this.#reconnectMs = nowMs + tuning.reconnectIntervalMs;
    this.#checkMs = nowMs + tuning.queueCheckIntervalMs;
  }

  advance(): void {
    const { nowMs, tuning } = this.#context;
    if (this.#reapMs <= nowMs) {
      this.#reapMs = nowMs + tuning.reapIntervalMs;
      this.#reap();
      this.#doubt();
    }
    if (this.#reconnectMs <= nowMs) {
      this.#reconnectMs = nowMs + tuning.reconnectIntervalMs;
      this.#reconnect();
    }
    if (this.#checkMs <= nowMs) {
      this.#checkMs = nowMs + tuning.queueCheckIntervalMs;
      this.#checkQueues();
    }
  }

  #reap(): void {
    const context = this.#context;
    const { members, modules, tuning, nowMs } = context;
    const over: MemberState[] = [];
    for (const member of members.failed()) {
      const timeoutMs = modules.reconnectTimeoutMs?.(memberOf(member)) ?? tuning.reconnectTimeoutMs;
      if (nowMs - member.goneMs > timeoutMs) over.push(member);
    }
    for (const member of members.left()) {
      if (nowMs - member.goneMs > tuning.tombstoneTimeoutMs) over.push(member);
    }
    for (const member of over) {
      members.erase(member.name);
      context.changed('reap', member);
    }
    context.intents.reap(nowMs, tuning.recentIntentTimeoutMs);
  }

  /** One failed member, with a chance that grows with how many of them there are for each that is not. */
  #reconnect(): void {
    const { members, random, state } = this.#context;
    const failed = members.failedCount;
    if (failed === 0 || state !== 'alive') return;
    const probability = failed / Math.max(1, members.presentCount);
    if (random.nextInt(CHANCE) > probability * CHANCE) return;
    let skip = random.nextInt(failed);
    for (const member of members.failed()) {
      if (skip-- > 0) continue;
      this.#reach(member);
      return;
    }
  }

  #checkQueues(): void {
    const { queues, tuning } = this.#context;
    for (const kind of QUEUES) {
      const depth = queues.depth(kind);
      if (depth >= tuning.queueDepthWarning) this.#context.notice('queueDepth', kind, `${depth} messages wait`);
    }
  }
}
