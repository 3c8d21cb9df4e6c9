import { definitionEquals, parentCycle, sharedDefinition } from '@dkron/jobs';
import type { CommandResults, JobDefinition, JobName, JobState, PutJob, Refusal, StoredJob } from '@dkron/jobs';
import type { Transaction } from '../transaction.ts';
import { linkChild, unlinkChild } from './links.ts';
import { later, laterOrNull, recordPassed, timetableOf } from './plan.ts';
import { checkPlan, checkPrecondition, refuse } from './refuse.ts';

/** Creates or replaces a job together with the links to its parents, or changes nothing. */
export function applyPutJob(tx: Transaction, command: PutJob): CommandResults['putJob'] {
  const { definition, plan } = command;
  const { name, parentJob } = definition;
  const stored = tx.job(name);
  const judged = judgePut(tx, command, Number(tx.index));
  if ('refused' in judged) {
    return judged;
  }
  tx.setJob(name, judged);
  const before = stored?.definition.parentJob ?? '';
  if (before !== parentJob) {
    unlinkChild(tx, before, name);
    linkChild(tx, parentJob, name);
  }
  recordPassed(tx, name, plan.passed, plan.nextTick);
  tx.events.push({ type: 'job', name, change: 'put' });
  return { job: tx.job(name) as StoredJob, created: stored === undefined };
}

/** What reads jobs by name. */
export interface JobReader {
  job(name: JobName): StoredJob | undefined;
}

/**
 * What a create or replace makes of the job, or why it is refused. Changes nothing; the revision is counted later.
 *
 * @param firstVersion version of a job that is not stored yet: the index of the entry. Each edit adds one to a version
 * and takes an entry, so that a job created anew is above every version that its name ever had.
 */
export function judgePut(jobs: JobReader, command: PutJob, firstVersion: number): Refusal | StoredJob {
  const { definition } = command;
  const stored = jobs.job(definition.name);
  return (
    checkPrecondition(definition.name, stored, command.precondition) ??
    checkPlan(definition.name, stored, command.plannedFrom) ??
    checkParent(jobs, definition) ?? {
      // Its own: on the server that proposed it, it may be the very object that is stored, and then nothing would be
      // written, which is part of the hash.
      definition: stored === undefined ? { ...definition } : sharedDefinition(stored.definition, definition),
      state: stateOf(stored, command, firstVersion),
    }
  );
}

function checkParent(jobs: JobReader, { name, parentJob }: JobDefinition): Refusal | undefined {
  if (parentJob === '') {
    return undefined;
  }
  const cycle = parentCycle(name, parentJob, (job) => jobs.job(job)?.definition.parentJob);
  if (cycle !== undefined) {
    return refuse('parent_cycle', `parent_job would form a cycle: ${cycle.join(' -> ')}`);
  }
  return jobs.job(parentJob) === undefined
    ? refuse('parent_not_found', `parent_job "${parentJob}" of job "${name}" does not exist`)
    : undefined;
}

function stateOf(
  stored: StoredJob | undefined,
  { definition, submitted, plan }: PutJob,
  firstVersion: number,
): JobState {
  const timetable = timetableOf(stored, definition.schedule, plan);
  if (stored === undefined) {
    const { successCount, errorCount, lastSuccess, lastError, dependentJobs } = submitted;
    return {
      version: firstVersion,
      revision: 0,
      successCount,
      errorCount,
      lastSuccess,
      lastError,
      status: submitted.status,
      dependentJobs: dependentJobs ?? [],
      ...timetable,
    };
  }
  const { state } = stored;
  return {
    version: state.version + (definitionEquals(stored.definition, definition) ? 0 : 1),
    revision: state.revision,
    successCount: later(state.successCount, submitted.successCount),
    errorCount: later(state.errorCount, submitted.errorCount),
    lastSuccess: laterOrNull(state.lastSuccess, submitted.lastSuccess),
    lastError: laterOrNull(state.lastError, submitted.lastError),
    status: state.status === '' ? submitted.status : state.status,
    dependentJobs: state.dependentJobs.length > 0 ? state.dependentJobs : (submitted.dependentJobs ?? []),
    ...timetable,
  };
}
