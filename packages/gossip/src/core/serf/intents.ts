import type { JoinIntent, LeaveIntent } from '../wire/serf-messages.ts';
import type { SerfContext } from './context.ts';
import type { MemberState } from './member-list.ts';

/** What members mean to do: to be in the pool, or to leave it. They decide whether one that is gone left or failed. */
export class Intents {
  readonly #context: SerfContext;
  /** Members to forget, and when. */
  readonly #prunes = new Map<string, number>();

  constructor(context: SerfContext) {
    this.#context = context;
  }

  get nextMs(): number {
    let nextMs = Infinity;
    for (const atMs of this.#prunes.values()) nextMs = Math.min(nextMs, atMs);
    return nextMs;
  }

  /** Whether to pass it on. */
  takeJoin({ node, lamportTime }: JoinIntent): boolean {
    const context = this.#context;
    const { memberClock, members, intents, nowMs } = context;
    memberClock.witness(lamportTime);
    const member = members.get(node);
    if (member === undefined) return intents.put(node, 'join', lamportTime, nowMs);
    if (lamportTime <= member.statusLamportTime) return false;
    member.statusLamportTime = lamportTime;
    if (member.status === 'leaving') members.setStatus(member, 'alive', nowMs);
    else if (member.status === 'left') member.returningMs = nowMs;
    return true;
  }

  /**
   * A join in the member's own words, as {@link takeJoin}. A leave of the same time is not its own, for its own have greater
   * times: it is the guess of another, and goes.
   */
  hearJoin(intent: JoinIntent): boolean {
    const { members, intents, nowMs } = this.#context;
    const { node, lamportTime } = intent;
    const member = members.get(node);
    if (member?.status === 'leaving' && member.statusLamportTime === lamportTime) {
      members.setStatus(member, 'alive', nowMs);
      return true;
    }
    if (member === undefined) intents.dropLeave(node, lamportTime);
    return this.takeJoin(intent);
  }

  /** Whether to pass it on. */
  takeLeave(intent: LeaveIntent): boolean {
    const context = this.#context;
    const { memberClock, members, intents, nowMs } = context;
    const { node, lamportTime } = intent;
    memberClock.witness(lamportTime);
    const member = members.get(node);
    if (member === undefined) return intents.put(node, 'leave', lamportTime, nowMs);
    if (lamportTime <= member.statusLamportTime) return false;
    if (node === context.name && context.state === 'alive') {
      context.notice('refutedLeave', node, `intent to leave of Lamport time ${lamportTime}`);
      this.announceJoin();
      return false;
    }
    // In every state, or the same intent would go round for ever.
    member.statusLamportTime = lamportTime;
    if (member.status === 'alive') {
      members.setStatus(member, 'leaving', nowMs);
    } else if (member.status === 'failed') {
      members.setStatus(member, 'left', nowMs);
      context.changed('leave', member);
    }
    if (intent.prune) this.#prune(member);
    return true;
  }

  /** Tells the pool that we mean to be in it. The next intent has a greater time. */
  announceJoin(): void {
    const context = this.#context;
    const intent = { type: 'join', lamportTime: context.memberClock.time, node: context.name } as const;
    this.takeJoin(intent);
    context.queues.add('intents', context.encode(intent));
  }

  /** Tells the pool that `node`, we or another, is to leave. `onTold` is called when it was sent often enough. */
  announceLeave(node: string, prune: boolean, onTold?: () => void): void {
    const context = this.#context;
    const intent = { type: 'leave', lamportTime: context.memberClock.tick(), node, prune } as const;
    this.takeLeave(intent);
    if (context.hasAliveOthers()) context.queues.add('intents', context.encode(intent), onTold);
    else onTold?.();
  }

  /** Forgets those whose time to be pruned has come; who is alive again stays. */
  advance(): void {
    const { members, nowMs } = this.#context;
    for (const [name, atMs] of this.#prunes) {
      if (atMs > nowMs) continue;
      this.#prunes.delete(name);
      const member = members.get(name);
      if (member !== undefined && member.status !== 'alive') this.#erase(member);
    }
  }

  #prune(member: MemberState): void {
    const { tuning, nowMs } = this.#context;
    if (member.status === 'leaving') {
      this.#prunes.set(member.name, nowMs + tuning.broadcastTimeoutMs + tuning.leavePropagateDelayMs);
    } else {
      this.#erase(member);
    }
  }

  #erase(member: MemberState): void {
    const { members } = this.#context;
    members.erase(member.name);
    this.#context.changed('reap', member);
  }
}
