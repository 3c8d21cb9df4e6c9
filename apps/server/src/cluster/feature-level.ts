/**
 * What this version knows of commands, apply and snapshots. Raised by one whenever one of them changes so that an older
 * server would not understand it.
 */
export const FEATURE_LEVEL = 1;
