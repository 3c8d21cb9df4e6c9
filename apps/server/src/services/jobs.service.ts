import { Inject, Injectable } from '@nestjs/common';
import type { ParsedJob, Precondition, Run, StoredJob } from '@dkron/jobs';
import { parseJobJson, validateJob } from '@dkron/jobs';
import { ApiError } from '../http/api-error.ts';
import { isRefusal, refusalError } from '../http/refusals.ts';
import { NODE_CONTEXT } from '../http/tokens.ts';
import type { NodeContext } from '../node-context.ts';
import { configProblems } from './config-check.ts';
import type { DryRun } from './dry-run.ts';
import { dryRun } from './dry-run.ts';
import { deleteExecutions, deleteJob, putJob, toggleJob } from './job-writes.ts';
import { storedNeverDue } from './never-due.ts';

@Injectable()
export class JobsService {
  readonly #node: NodeContext;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext) {
    this.#node = node;
  }

  /** Throws {@link ApiError} 503 while new jobs are refused. */
  assertSubmissionsOpen(): void {
    if (this.#node.store.paused('submissions')) throw submissionsPaused();
  }

  /** Whether new jobs are refused, on all servers and over restarts (G-A11). */
  submissionsPaused(): boolean {
    return this.#node.store.paused('submissions');
  }

  async pauseSubmissions(paused: boolean): Promise<boolean> {
    const { log, engine } = this.#node;
    const command = { type: 'setPause', stamp: engine.stamps.next(), scope: 'submissions', paused } as const;
    return (await log.propose(command)).paused;
  }

  /** Parses and checks a job text. Throws {@link ApiError} 400 with every problem found. */
  parse(body: Uint8Array): ParsedJob {
    const parsed = parseJobJson(body);
    const { definition } = parsed;
    const problems = [...validateJob(definition), ...configProblems(this.#node, definition)];
    if (problems.length > 0) {
      const text = `Job validation failed: ${problems[0]!.message}.`;
      throw new ApiError({ status: 400, code: 'invalid_value', message: text, plain: text, problems });
    }
    return parsed;
  }

  async put(parsed: ParsedJob, precondition: Precondition): Promise<StoredJob> {
    const result = await putJob(this.#node, parsed, precondition);
    if (isRefusal(result)) throw refusalError(result, 'put', { precondition, parent: parsed.definition.parentJob });
    return this.#warned(result);
  }

  /** What is allowed and probably not meant is told in the log: the answer is the original's. */
  #warned(job: StoredJob): StoredJob {
    const never = storedNeverDue(job, this.#node.clock);
    if (never !== undefined)
      this.#node.logger.warn('api: the job never runs', { job: job.definition.name, why: never });
    return job;
  }

  /** Judges a create or replace without storing it. Throws the error of the real call. */
  dryRun(parsed: ParsedJob, precondition: Precondition): DryRun {
    if (this.#node.store.paused('submissions')) throw submissionsPaused();
    const result = dryRun(this.#node, parsed, precondition);
    if (isRefusal(result)) throw refusalError(result, 'put', { precondition, parent: parsed.definition.parentJob });
    return result;
  }

  async delete(name: string, precondition: Precondition): Promise<StoredJob> {
    const result = await deleteJob(this.#node, name, precondition);
    if (!isRefusal(result)) return result;
    throw result.refused === 'not_found'
      ? absent(name, precondition)
      : refusalError(result, 'delete', { precondition });
  }

  async toggle(name: string, precondition: Precondition): Promise<StoredJob> {
    const result = await toggleJob(this.#node, name, precondition);
    if (result === undefined) throw absent(name, precondition);
    if (isRefusal(result)) throw refusalError(result, 'toggle', { precondition });
    return result;
  }

  /** Starts a run by hand; resolves when it is committed. */
  async run(name: string, options: { readonly respectConcurrency: boolean; readonly token: string }): Promise<Run> {
    const result = await this.#node.engine.runJob(name, { trigger: 'manual', ...options });
    if (isRefusal(result)) throw refusalError(result, 'run');
    return result;
  }

  /** Starts a run because the job was created with `runoncreate`; nobody waits for it. */
  runOnCreate(name: string): void {
    const { engine, logger } = this.#node;
    engine.runJob(name, { trigger: 'create', respectConcurrency: false, token: '' }).then(
      (result) => {
        if (isRefusal(result)) logger.warn('api: run on create refused', { job: name, reason: result.message });
      },
      (error: unknown) => logger.error('api: run on create failed', { job: name, error }),
    );
  }

  async deleteExecutions(name: string): Promise<StoredJob> {
    const result = await deleteExecutions(this.#node, name);
    if (isRefusal(result)) throw refusalError(result, 'deleteExecutions');
    return result;
  }
}

export function notFound(message: string): ApiError {
  return new ApiError({ status: 404, code: 'not_found', message });
}

/** `If-Match` names a version: a job that is not there does not have it. */
function absent(name: string, precondition: Precondition): ApiError {
  const missing = notFound(`job ${name} does not exist`);
  if (precondition === null || precondition === 'absent') return missing;
  return new ApiError({ status: 412, code: 'precondition_failed', message: missing.message });
}

function submissionsPaused(): ApiError {
  const text = 'New job submissions are currently paused';
  return new ApiError({ status: 503, code: 'paused', message: text, plain: text });
}
