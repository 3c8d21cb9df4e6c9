import { RaftError } from '@dkron/raft';
import { NotLeadingError } from '@dkron/scheduler';
import { FeatureLevelError } from '../cluster/feature-gate.ts';
import { ApiError } from './api-error.ts';

/** Codes of consensus that say: ask again, here or at another server, a little later. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'not_leader',
  'leadership_lost',
  'leadership_transfer',
  'overloaded',
  'timeout',
  'stopped',
]);

/** What a write met in the replicated log, as an answer; undefined for any other error. */
export function fromLog(error: unknown): ApiError | undefined {
  if (error instanceof NotLeadingError) return noLeader(error.message);
  if (error instanceof FeatureLevelError) {
    return new ApiError({ status: 409, code: 'not_supported', message: error.message, plain: error.message });
  }
  if (!(error instanceof RaftError)) return undefined;
  if (TRANSIENT.has(error.code)) return noLeader(error.message);
  return undefined;
}

function noLeader(message: string): ApiError {
  return new ApiError({ status: 503, code: 'no_leader', message, plain: message });
}
