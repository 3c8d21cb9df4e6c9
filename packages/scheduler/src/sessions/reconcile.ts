import type {
  Execution,
  ExecutionId,
  ExecutionOutput,
  ExecutionUpdate,
  HelloItem,
  SlotHold,
  Verdict,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { EpochNanos } from '@dkron/runtime';

/** What one execution needs when its node says hello. */
export interface Reconciled {
  readonly id: ExecutionId;
  readonly attempt: number;
  /** To commit before the welcome. */
  readonly update: ExecutionUpdate | null;
  /** Absent for what the node did not name. */
  readonly verdict?: Verdict;
  /** Replaces `verdict` when apply drops the update: something newer was decided. */
  readonly verdictIfDropped?: Verdict;
  /** Pending and never journaled: to be dispatched. */
  readonly dispatch: boolean;
}

/**
 * The hello of a node against the state.
 *
 * @param execution of this node; undefined = unknown to the state
 * @param item what the node says; undefined = it does not name the execution
 * @param sameJournal the node still has the journal that earlier dispatches went to
 */
export function reconcile(
  execution: Execution | undefined,
  item: HelloItem | undefined,
  sameJournal: boolean,
  now: EpochNanos,
): Reconciled | undefined {
  if (item === undefined) return execution === undefined ? undefined : absent(execution, sameJournal, now);
  const named = { id: item.id, attempt: item.attempt, update: null, dispatch: false };
  const known = execution !== undefined && execution.attempt === item.attempt ? execution : undefined;
  const live = item.state === 'accepted' || item.state === 'running';
  const open = known?.state === 'pending' || known?.state === 'running';
  if (known === undefined || !(open || known.state === 'lost')) return { ...named, verdict: live ? 'kill' : 'forget' };
  if (item.state === 'finished') return { ...named, verdict: 'resend' };
  if (item.state === 'died') return { ...named, update: lost(known, item.startedAt, now), verdict: 'forget' };
  if (known.state !== 'lost' && item.state === 'accepted') return { ...named, verdict: 'keep' };
  if (known.state === 'running') return { ...named, verdict: 'keep' };
  const at = item.startedAt === ZERO_TIME ? now : item.startedAt;
  return {
    ...named,
    update: { kind: 'started', id: item.id, attempt: item.attempt, at },
    verdict: 'keep',
    ...(known.state === 'lost' ? { verdictIfDropped: 'kill' as const } : {}),
  };
}

function absent(execution: Execution, sameJournal: boolean, now: EpochNanos): Reconciled {
  const { id, attempt, state } = execution;
  if (state === 'pending' && sameJournal) {
    if (!execution.cancelRequested) return { id, attempt, update: null, dispatch: true };
    return { id, attempt, update: ended(execution, 'cancelled', 'cancelled', ZERO_TIME, now), dispatch: false };
  }
  return { id, attempt, update: lost(execution, execution.startedAt, now), dispatch: false };
}

function lost(execution: Execution, startedAt: EpochNanos, now: EpochNanos): ExecutionUpdate {
  return execution.cancelRequested
    ? ended(execution, 'cancelled', 'cancelled', startedAt, now)
    : ended(execution, 'lost', 'restart', startedAt, now);
}

/**
 * An end that the leader decides; the node's own word may replace `lost` later.
 *
 * @param slotHoldMs null (default): nothing of it can be running
 */
export function ended(
  execution: Execution,
  state: 'lost' | 'cancelled',
  reason: 'restart' | 'lease' | 'unreachable' | 'cancelled',
  startedAt: EpochNanos,
  now: EpochNanos,
  slotHoldMs: SlotHold = null,
): ExecutionUpdate {
  return {
    kind: 'finished',
    id: execution.id,
    attempt: execution.attempt,
    state,
    reason,
    exitCode: null,
    startedAt,
    finishedAt: now,
    output: textOutput(''),
    slotHoldMs,
  };
}

/** Output that the leader writes in the node's place. */
export function textOutput(text: string): ExecutionOutput {
  const bytes = new TextEncoder().encode(text);
  return { head: bytes, tail: bytes, totalBytes: bytes.length };
}
