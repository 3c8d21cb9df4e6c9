/** The words of the model. Stored and sent as their position, from 1: only append, never reorder. */

export const EXECUTION_STATES = ['pending', 'running', 'success', 'failed', 'lost', 'cancelled'] as const;
export const TRIGGERS = ['schedule', 'catchup', 'manual', 'create', 'parent'] as const;
export const END_REASONS = ['exit', 'timeout', 'executor', 'unreachable', 'lease', 'restart', 'cancelled'] as const;

export const DECISIONS = ['run', 'skipped', 'missed'] as const;
export const LEDGER_DECISIONS = [...DECISIONS, 'released'] as const;
export const SKIP_REASONS = ['forbid', 'disabled', 'paused', 'expired', 'not_started', 'no_targets'] as const;
export const MISS_REASONS = ['skip', 'last', 'limit', 'window'] as const;
export const LEDGER_REASONS = [...SKIP_REASONS, ...MISS_REASONS, 'forbid_hold'] as const;

export const DST_GAPS = ['skip', 'after'] as const;
export const DST_OVERLAPS = ['both', 'first', 'last'] as const;
export const CATCHUPS = ['skip', 'last', 'all'] as const;

export const NOTICE_CHANNELS = ['cronitor', 'mail', 'webhook', 'pre-webhook'] as const;
export const NOTICE_EVENTS = ['start', 'end'] as const;
