import { DkronError } from '@dkron/runtime';

/** Why a log in memory refuses. */
export type LogErrorCode = 'RAFT_LOG_COMPACTED' | 'RAFT_LOG_UNAVAILABLE' | 'RAFT_SNAPSHOT_OUT_OF_DATE';

/** A position that the log does not hold any more, or not yet. Nothing was changed. */
export class LogError extends DkronError<LogErrorCode, { readonly index: number; readonly bound: number }> {
  constructor(code: LogErrorCode, index: number, bound: number) {
    const rule = code === 'RAFT_LOG_UNAVAILABLE' ? 'must not exceed' : 'must be above';
    super(code, `index ${index} ${rule} ${bound}`, { index, bound });
  }
}
