import type { Cancel, Clock, EpochNanos, Timers } from '../time.ts';
import { assert } from '../assert.ts';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/**
 * A clock and its timers that move only when told. Wall and monotonic time advance together; {@link stepWall} moves
 * the wall alone, as an administrator or a time server would.
 */
export class ManualTime implements Clock, Timers {
  #wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  /** @param wallMs start of wall time, milliseconds since 1970 */
  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  wallNanos(): EpochNanos {
    return BigInt(Math.round(this.#wallMs * 1000)) * 1000n;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, fn: () => void): Cancel {
    assert(delayMs >= 0, `timer delay out of range: ${delayMs} ms`);
    const entry: Pending = { dueMs: this.#monotonicMs + delayMs, order: this.#order++, fn };
    this.#pending.add(entry);
    return () => void this.#pending.delete(entry);
  }

  nextTurn(fn: () => void): Cancel {
    return this.after(0, fn);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      function onAbort(): void {
        cancel();
        reject(signal?.reason as Error);
      }
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Timers not yet fired. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Moves the wall clock alone by `deltaMs` (may be negative). */
  stepWall(deltaMs: number): void {
    this.#wallMs += deltaMs;
  }

  /** Moves time forward, running due timers in order, letting promises settle after each. */
  async advance(deltaMs: number): Promise<void> {
    const endMs = this.#monotonicMs + deltaMs;
    await settle();
    for (let next = this.#earliest(endMs); next; next = this.#earliest(endMs)) {
      this.#moveTo(Math.max(next.dueMs, this.#monotonicMs));
      this.#pending.delete(next);
      next.fn();
      await settle();
    }
    this.#moveTo(endMs);
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #earliest(endMs: number): Pending | undefined {
    let best: Pending | undefined;
    for (const entry of this.#pending) {
      if (entry.dueMs > endMs) continue;
      if (!best || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order)) best = entry;
    }
    return best;
  }
}

/** Lets every promise reaction that is already possible run. */
async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}
