import { ContractError } from '@dkron/contracts';
import type { SetJobRequest, SetJobResponse, WireJob } from '@dkron/contracts/types-v1';
import { jobFromWire } from '@dkron/contracts/types-v1';
import type { Problem, StoredJob } from '@dkron/jobs';
import { ADDITIVE_DEFAULTS, validateJob } from '@dkron/jobs';
import type { Logger } from '@dkron/runtime';
import type { DkronPort } from './dkron-port.ts';
import { missing, RpcError } from './rpc-error.ts';
import { PARENT_NOT_FOUND } from './texts.ts';

/** Stores a job as the original does: what is wrong with its name is not told, what is wrong otherwise is. */
export async function setJob(request: SetJobRequest, port: DkronPort, logger: Logger): Promise<SetJobResponse> {
  if (request.job === undefined) throw missing('job');
  const job = read(request.job, port.job(request.job.name));
  const [problem] = validateJob(job.definition);
  if (problem !== undefined) {
    if (problem.field === 'name') {
      logger.warn('grpc: SetJob stored nothing', { job: job.definition.name, reason: problem.message });
      return { job: undefined };
    }
    throw new RpcError(textOf(problem, job));
  }
  const result = await port.putJob(job);
  if ('refused' in result) {
    const parent = result.refused === 'parent_not_found' || result.refused === 'parent_cycle';
    throw new RpcError(parent ? PARENT_NOT_FOUND : result.message);
  }
  return { job: undefined };
}

/** What the original has no fields for stays as it is stored. */
function read(job: NonNullable<SetJobRequest['job']>, stored: StoredJob | undefined): WireJob {
  try {
    return jobFromWire(job, stored?.definition ?? ADDITIVE_DEFAULTS);
  } catch (error) {
    if (error instanceof ContractError) throw new RpcError(error.message);
    throw error;
  }
}

/** As the original says it here; its REST API says it in other words. */
function textOf({ field, message }: Problem, { definition }: WireJob): string {
  if (field === 'parent_job') return PARENT_NOT_FOUND;
  if (field === 'timezone') return `provided bad location ${definition.timezone}: ${message}`;
  return message.replace(/^can't parse job schedule: /, '');
}
