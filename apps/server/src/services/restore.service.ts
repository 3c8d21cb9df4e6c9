import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { BackupJob, ParsedJob } from '@dkron/jobs';
import { backupOrder, parseBackup } from '@dkron/jobs';
import { ApiError } from '../http/api-error.ts';
import { fromLog } from '../http/log-errors.ts';
import { JOBS_SERVICE } from '../http/tokens.ts';
import { JobsService } from './jobs.service.ts';

/** Jobs stored at the same time: enough to fill a write, few enough to leave room for others. */
const IN_FLIGHT_MAX = 256;
/** Jobs parsed before others have their turn: a few milliseconds. */
const PARSED_PER_TURN = 200;

export interface RestoredJob {
  readonly name: string;
  readonly stored: boolean;
}

/** Stores a backup: every job as a create would, parents before their children. */
@Injectable()
export class RestoreService {
  readonly #jobs: JobsService;

  constructor(@Inject(JOBS_SERVICE) jobs: JobsService) {
    this.#jobs = jobs;
  }

  /**
   * What became of each job, in the order of the backup's trees; those below a job that failed are left out. Throws
   * JobInvalidError before anything is stored when the backup is not in order.
   */
  async restore(text: Uint8Array): Promise<RestoredJob[]> {
    const order = backupOrder(await parsed(text));
    const stored: (boolean | undefined)[] = [];
    for (const batch of batches(order)) {
      await Promise.all(
        batch.map(async (position) => {
          const { job, parent } = order[position]!;
          if (parent !== undefined && stored[parent] !== true) return;
          stored[position] = await this.#put(job);
        }),
      );
    }
    return order.flatMap(({ job }, position) => {
      const done = stored[position];
      return done === undefined ? [] : [{ name: job.definition.name, stored: done }];
    });
  }

  async #put(job: BackupJob['job']): Promise<boolean> {
    try {
      await this.#jobs.put(job, null);
      return true;
    } catch (error) {
      if (error instanceof ApiError || fromLog(error) !== undefined) return false;
      throw error;
    }
  }
}

/** Reads a backup without holding up what else the server does. */
async function parsed(text: Uint8Array): Promise<ParsedJob[]> {
  const jobs: ParsedJob[] = [];
  for (const job of parseBackup(text)) {
    if (jobs.push(job) % PARSED_PER_TURN === 0) await nextTurn();
  }
  return jobs;
}

/** Positions to store together: one depth after the other, and a name never twice at once. */
function* batches(order: readonly BackupJob[]): Generator<readonly number[]> {
  const depths = new Map<number, number[]>();
  for (const [position, { depth }] of order.entries()) {
    const positions = depths.get(depth);
    if (positions === undefined) depths.set(depth, [position]);
    else positions.push(position);
  }
  for (const positions of depths.values()) {
    let batch: number[] = [];
    let names = new Set<string>();
    for (const position of positions) {
      const { name } = order[position]!.job.definition;
      if (batch.length === IN_FLIGHT_MAX || names.has(name)) {
        yield batch;
        batch = [];
        names = new Set();
      }
      batch.push(position);
      names.add(name);
    }
    yield batch;
  }
}
