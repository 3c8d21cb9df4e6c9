import type { Member } from '../types.ts';
import type { MemberChange, MembersEvent, UserEvent } from './effects.ts';

/** A window in which events are collected: it ends after `coalesceMs`, or after `quiescentMs` of silence. */
class Window {
  readonly #coalesceMs: number;
  readonly #quiescentMs: number;
  #endMs = Infinity;
  #silenceMs = Infinity;

  constructor(coalesceMs: number, quiescentMs: number) {
    this.#coalesceMs = coalesceMs;
    this.#quiescentMs = quiescentMs;
  }

  /** Whether anything is collected at all. */
  get isOpenable(): boolean {
    return this.#coalesceMs > 0 && this.#quiescentMs > 0;
  }

  /** `Infinity` while nothing is in it. */
  get nextMs(): number {
    return Math.min(this.#endMs, this.#silenceMs);
  }

  /** Something came in. */
  extend(nowMs: number): void {
    if (this.#endMs === Infinity) this.#endMs = nowMs + this.#coalesceMs;
    this.#silenceMs = nowMs + this.#quiescentMs;
  }

  close(): void {
    this.#endMs = Infinity;
    this.#silenceMs = Infinity;
  }
}

const CHANGES: readonly MemberChange[] = ['join', 'leave', 'failed', 'update', 'reap'];
/** Collected at most; then the window ends. */
const MAX_COLLECTED = 65_536;

/**
 * Member events of a window: of each member the last counts, and not at all if listeners were told the same before,
 * except for updates.
 */
export class MemberCoalescer {
  readonly #window: Window;
  readonly #latest = new Map<string, { readonly change: MemberChange; readonly member: Member }>();
  /** What listeners were told last of each. */
  readonly #told = new Map<string, MemberChange>();

  constructor(coalesceMs: number, quiescentMs: number) {
    this.#window = new Window(coalesceMs, quiescentMs);
  }

  get nextMs(): number {
    return this.#window.nextMs;
  }

  /** What to tell at once. */
  take(change: MemberChange, member: Member, nowMs: number): MembersEvent[] {
    if (!this.#window.isOpenable) return [{ type: 'members', change, members: [member] }];
    this.#latest.set(member.name, { change, member });
    this.#window.extend(nowMs);
    return this.#latest.size >= MAX_COLLECTED ? this.flush() : [];
  }

  /** Ends the window: one event of each kind. */
  flush(): MembersEvent[] {
    this.#window.close();
    const byChange = new Map<MemberChange, Member[]>();
    for (const [name, { change, member }] of this.#latest) {
      if (change !== 'update' && this.#told.get(name) === change) continue;
      if (change === 'reap') this.#told.delete(name);
      else this.#told.set(name, change);
      const members = byChange.get(change);
      if (members === undefined) byChange.set(change, [member]);
      else members.push(member);
    }
    this.#latest.clear();
    return CHANGES.flatMap((change) => {
      const members = byChange.get(change);
      return members === undefined ? [] : [{ type: 'members', change, members } as const];
    });
  }
}

/** User events of a window that may be coalesced: of each name those of the latest Lamport time. */
export class UserEventCoalescer {
  readonly #window: Window;
  readonly #latest = new Map<string, UserEvent[]>();
  #count = 0;

  constructor(coalesceMs: number, quiescentMs: number) {
    this.#window = new Window(coalesceMs, quiescentMs);
  }

  get nextMs(): number {
    return this.#window.nextMs;
  }

  /** What to tell at once. */
  take(event: UserEvent, nowMs: number): UserEvent[] {
    if (!event.coalesce || !this.#window.isOpenable) return [event];
    this.#window.extend(nowMs);
    const latest = this.#latest.get(event.name);
    const lamportTime = latest?.[0]!.lamportTime ?? -1;
    if (event.lamportTime > lamportTime) {
      this.#count += 1 - (latest?.length ?? 0);
      this.#latest.set(event.name, [event]);
    } else if (event.lamportTime === lamportTime) {
      this.#count++;
      latest!.push(event);
    }
    return this.#count >= MAX_COLLECTED ? this.flush() : [];
  }

  flush(): UserEvent[] {
    this.#window.close();
    const events = [...this.#latest.values()].flat();
    this.#latest.clear();
    this.#count = 0;
    return events;
  }
}
