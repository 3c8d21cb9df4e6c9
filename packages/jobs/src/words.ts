/** The words of the model. Stored and sent as their position, from 1: only append, never reorder. */

/** Where an execution stands; the last four are ends. */
export const EXECUTION_STATES = ['pending', 'running', 'success', 'failed', 'lost', 'cancelled'] as const;
/** What a run came from. `catchup` is a tick that was decided late, `create` the query key `runoncreate`. */
export const TRIGGERS = ['schedule', 'catchup', 'manual', 'create', 'parent'] as const;
/** Why an execution did not succeed. `lease`, `restart`, `unreachable`: its node was gone, began anew, or was never reached. */
export const END_REASONS = ['exit', 'timeout', 'executor', 'unreachable', 'lease', 'restart', 'cancelled'] as const;

/** What becomes of a tick. */
export const DECISIONS = ['run', 'skipped', 'missed'] as const;
/** What the ledger records: decisions, and slots that were given free by the clock. */
export const LEDGER_DECISIONS = [...DECISIONS, 'released'] as const;
/** Why a tick in time did not run. */
export const SKIP_REASONS = ['forbid', 'disabled', 'paused', 'expired', 'not_started', 'no_targets'] as const;
/** Which part of the job's catch-up policy kept a late tick from running. */
export const MISS_REASONS = ['skip', 'last', 'limit', 'window'] as const;
/** Reasons in the ledger; `forbid_hold` goes with `released`. */
export const LEDGER_REASONS = [...SKIP_REASONS, ...MISS_REASONS, 'forbid_hold'] as const;

/** What a local time left out by a clock change does: nothing, or one run right after the gap. */
export const DST_GAPS = ['skip', 'after'] as const;
/** Which pass counts of a local time that comes twice. */
export const DST_OVERLAPS = ['both', 'first', 'last'] as const;
/** Which late ticks run: none, the newest, all. */
export const CATCHUPS = ['skip', 'last', 'all'] as const;

/** Ways in which runs are told of. */
export const NOTICE_CHANNELS = ['cronitor', 'mail', 'webhook', 'pre-webhook'] as const;
/** What is told: the start of each attempt, the end of the last one on a node. */
export const NOTICE_EVENTS = ['start', 'end'] as const;
