import type { FinishedReport, HelloItem } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import { ZERO_TIME } from '@dkron/runtime';
import type { AttemptRef } from './journal/record.ts';
import type { RecoveredAttempt } from './journal/table.ts';
import { OutputBuffer } from './output-buffer.ts';

/** Why the worker itself ended an attempt; the first one counts. */
export type AbortCause = 'cancelled' | 'timeout' | 'restart';

/** One attempt on this node, from its acceptance until its result is handed over. */
export class Attempt {
  readonly ref: AttemptRef;
  /** Settles when the acceptance is durable (true) or refused (false). */
  accepted: Promise<boolean> = Promise.resolve(true);
  state: 'accepted' | 'running' | 'finished' | 'died' = 'accepted';
  startedAt: EpochNanos = ZERO_TIME;
  /** Set while finished. */
  report: FinishedReport | null = null;
  /** Emptied into the report at the end. */
  output = new OutputBuffer();
  abortCause: AbortCause | null = null;
  readonly aborter = new AbortController();

  constructor(ref: AttemptRef) {
    this.ref = ref;
  }

  /** Occupies a slot. */
  get open(): boolean {
    return this.state === 'accepted' || this.state === 'running';
  }

  /** Asks the executor to end. False when it was asked before, or nothing runs. */
  abort(cause: AbortCause): boolean {
    if (!this.open || this.abortCause) return false;
    this.abortCause = cause;
    this.aborter.abort(cause);
    return true;
  }
}

/** What the journal kept of an earlier boot: an end, or death. */
export function recoveredAttempt({ ref, start, report }: RecoveredAttempt): Attempt {
  const attempt = new Attempt(ref);
  attempt.state = report ? 'finished' : 'died';
  attempt.startedAt = start?.at ?? attempt.startedAt;
  attempt.report = report;
  return attempt;
}

/** How the attempt is named to a server. */
export function helloItem({ ref, state, startedAt }: Attempt): HelloItem {
  return { id: ref.id, attempt: ref.attempt, state, startedAt };
}
