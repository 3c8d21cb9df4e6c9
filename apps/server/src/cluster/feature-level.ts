import type { Command } from '@dkron/jobs';

/**
 * What this version knows of commands, apply and snapshots. Raised by one whenever one of them changes so that an older
 * server would not understand it.
 */
export const FEATURE_LEVEL = 1;

/** Setting of the replicated state that holds the level of the cluster. */
export const LEVEL_SETTING = 'feature-level';

/** Commands that came after level 0, by the level from which on they may be written. */
export const COMMAND_LEVELS: Readonly<Partial<Record<Command['type'], number>>> = { settleNotices: 1 };

/** From here on updates of executions may say who is told of them. */
export const NOTICES_LEVEL = 1;
