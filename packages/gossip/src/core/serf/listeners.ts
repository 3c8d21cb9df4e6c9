import type { Member } from '../types.ts';
import type { UserEventMessage } from '../wire/serf-messages.ts';
import { MemberCoalescer, UserEventCoalescer } from './coalescer.ts';
import type { SerfContext } from './context.ts';
import type { MemberChange } from './effects.ts';

const NO_BYTES = new Uint8Array(0);

/** What listeners are told, at once or collected. */
export class Listeners {
  readonly #context: SerfContext;
  readonly #members: MemberCoalescer;
  readonly #userEvents: UserEventCoalescer;

  constructor(context: SerfContext) {
    const { coalesceMs, quiescentMs, userCoalesceMs, userQuiescentMs } = context.tuning;
    this.#context = context;
    this.#members = new MemberCoalescer(coalesceMs, quiescentMs);
    this.#userEvents = new UserEventCoalescer(userCoalesceMs, userQuiescentMs);
  }

  get nextMs(): number {
    return Math.min(this.#members.nextMs, this.#userEvents.nextMs);
  }

  memberChange(change: MemberChange, member: Member): void {
    for (const event of this.#members.take(change, member, this.#context.nowMs)) this.#context.emit(event);
  }

  userEvent({ name, payload, lamportTime, coalesce }: UserEventMessage): void {
    const event = { type: 'userEvent', name, payload: payload ?? NO_BYTES, lamportTime, coalesce } as const;
    for (const told of this.#userEvents.take(event, this.#context.nowMs)) this.#context.emit(told);
  }

  /** Tells what was collected for long enough. */
  advance(): void {
    const { nowMs } = this.#context;
    if (this.#members.nextMs <= nowMs) for (const event of this.#members.flush()) this.#context.emit(event);
    if (this.#userEvents.nextMs <= nowMs) for (const event of this.#userEvents.flush()) this.#context.emit(event);
  }

  /** Tells all that was collected. */
  flush(): void {
    for (const event of [...this.#members.flush(), ...this.#userEvents.flush()]) this.#context.emit(event);
  }
}
