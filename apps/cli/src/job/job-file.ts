import { messageOf } from '@dkron/runtime';
import type { JobInput } from '@dkron/client';
import { readFile } from 'node:fs/promises';
import { CommandError } from '../errors.ts';
import type { Io } from '../io.ts';

export interface JobDocument {
  readonly name: string;
  /** What is sent; the server judges it. */
  readonly body: JobInput;
}

/**
 * Reads one job or an array of jobs, JSON or YAML (of which JSON is a part); `-` = standard input. Integers keep 64 bits.
 *
 * @throws CommandError naming file and place
 */
export async function readJobFile(path: string, io: Io): Promise<JobDocument[]> {
  const shown = path === '-' ? 'standard input' : path;
  const value = await parseDocument(await readText(path, io, shown), shown);
  const jobs: readonly unknown[] = Array.isArray(value) ? value : [value];
  return jobs.map((job, index) => documentOf(job, jobs.length > 1 ? `${shown}, job ${index + 1}` : shown));
}

async function readText(path: string, io: Io, shown: string): Promise<string> {
  if (path === '-') return io.stdin();
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${shown}: ${messageOf(error)}`);
  }
}

async function parseDocument(text: string, shown: string): Promise<unknown> {
  const { parse, YAMLParseError } = await import('yaml');
  try {
    return parse(text, { intAsBigInt: true, maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof YAMLParseError) && !(error instanceof ReferenceError)) throw error;
    throw new CommandError(`${shown} is neither JSON nor YAML: ${error.message}`);
  }
}

function documentOf(job: unknown, shown: string): JobDocument {
  const name = typeof job === 'object' && job !== null && 'name' in job ? job.name : undefined;
  if (typeof name !== 'string') throw new CommandError(`${shown}: a job is an object with a name`);
  return { name, body: job as JobInput };
}
