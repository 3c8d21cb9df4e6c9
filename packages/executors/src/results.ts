import type { ExecuteResult, FailureReason } from './types.ts';

export const SUCCEEDED: ExecuteResult = { success: true, error: '' };

/** What is reported when the caller's signal ended the attempt. */
export const CANCELLED: ExecuteResult = { success: false, error: 'execution cancelled', reason: 'cancelled' };

export function failed(error: string, reason: FailureReason = 'executor'): ExecuteResult {
  return { success: false, error, reason };
}
