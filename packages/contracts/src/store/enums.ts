import type {
  Decision,
  DueKind,
  ExecutionState,
  LedgerDecision,
  LedgerEntry,
  MissReason,
  RunTarget,
  SkipReason,
  Trigger,
} from '@dkron/jobs';
import { choice } from '../wire/kind.ts';

/** Order = numbers in `proto/dkron/store/v1/enums.proto`; only append. */
export const executionState = choice<ExecutionState>('execution state', [
  'pending',
  'running',
  'success',
  'failed',
  'lost',
  'cancelled',
]);

export const targetState = choice<RunTarget['state']>('target state', [
  'pending',
  'running',
  'success',
  'failed',
  'lost',
  'cancelled',
  'waiting',
]);

export const trigger = choice<Trigger>('trigger', ['schedule', 'catchup', 'manual', 'create', 'parent']);

export const decision = choice<Decision>('decision', ['run', 'skipped', 'missed']);
export const ledgerDecision = choice<LedgerDecision>('decision', ['run', 'skipped', 'missed', 'released']);

const REASONS = [
  'forbid',
  'disabled',
  'paused',
  'expired',
  'not_started',
  'no_targets',
  'skip',
  'last',
  'limit',
  'window',
] as const satisfies readonly (SkipReason | MissReason)[];

export const tickReason = choice<SkipReason | MissReason>('tick reason', REASONS);
/** `''` is left out of the bytes, so this kind never meets it. */
export const tickReasonOrNone = choice<'' | SkipReason | MissReason>('tick reason', REASONS);

export const ledgerReasonOrNone = choice<LedgerEntry['reason']>('tick reason', [...REASONS, 'forbid_hold']);

export const dueKind = choice<DueKind>('due kind', ['retry', 'child', 'process', 'hold']);
