import type { GetJobResponse } from '@dkron/contracts/types-v1';
import { Job, jobToWire } from '@dkron/contracts/types-v1';
import type { DkronPort } from './dkron-port.ts';
import { RpcError } from './rpc-error.ts';
import { NOT_FOUND } from './texts.ts';

/** Name, executor and its settings: the original fills in no more. */
export function getJob(port: DkronPort, jobName: string): GetJobResponse {
  const stored = port.job(jobName);
  if (stored === undefined) throw new RpcError(NOT_FOUND);
  const { name, executor, executorConfig } = jobToWire(stored);
  return { job: { ...Job.decode(new Uint8Array(0)), name, executor, executorConfig } };
}
