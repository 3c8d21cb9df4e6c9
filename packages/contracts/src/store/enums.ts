import type { Decision, DueKind, LedgerEntry, MissReason, RunTarget, SkipReason } from '@dkron/jobs';
import {
  DECISIONS,
  EXECUTION_STATES,
  LEDGER_DECISIONS,
  LEDGER_REASONS,
  MISS_REASONS,
  NOTICE_CHANNELS,
  NOTICE_EVENTS,
  SKIP_REASONS,
  TRIGGERS,
} from '@dkron/jobs';
import { choice } from '../wire/kind.ts';

/** Order = numbers in `proto/dkron/store/v1/enums.proto`; only append. */
export const executionState = choice('execution state', EXECUTION_STATES);
export const targetState = choice<RunTarget['state']>('target state', [...EXECUTION_STATES, 'waiting']);
export const trigger = choice('trigger', TRIGGERS);
export const decision = choice<Decision>('decision', DECISIONS);
export const ledgerDecision = choice('decision', LEDGER_DECISIONS);

const REASONS = [...SKIP_REASONS, ...MISS_REASONS] as const;

export const tickReason = choice<SkipReason | MissReason>('tick reason', REASONS);
/** `''` is left out of the bytes, so this kind never meets it. */
export const tickReasonOrNone = choice<'' | SkipReason | MissReason>('tick reason', REASONS);
export const ledgerReasonOrNone = choice<LedgerEntry['reason']>('tick reason', LEDGER_REASONS);

export const dueKind = choice<DueKind>('due kind', ['retry', 'child', 'process', 'hold']);

export const noticeChannel = choice('notice channel', NOTICE_CHANNELS);
export const noticeEvent = choice('notice event', NOTICE_EVENTS);
