import type { ExecutionState, JobDefinition, RunTarget } from '@dkron/jobs';

export interface ModelJob {
  definition: JobDefinition;
  version: number;
  successCount: number;
  errorCount: number;
  status: string;
  decidedUpTo: bigint;
  /** Oldest first. */
  history: string[];
  ledger: string[];
  newestGroup: bigint;
}

export interface ModelExecution {
  readonly run: ModelRun;
  readonly nodeName: string;
  readonly attempt: number;
  state: ExecutionState;
}

export interface ModelRun {
  readonly job: ModelJob;
  readonly group: bigint;
  /** Node of the first attempt → what became of it. */
  readonly targets: { executionId: string; state: RunTarget['state'] }[];
}

/** Text that is equal for equal definitions. */
export function definitionText({ startsAt, expiresAt, ...rest }: JobDefinition): string {
  return JSON.stringify({ ...rest, startsAt: String(startsAt), expiresAt: String(expiresAt) });
}
