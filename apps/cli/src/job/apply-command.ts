import type { Answer, DkronClient } from '@dkron/client';
import { apiCommand } from '../api.ts';
import type { Command } from '../command/command.ts';
import { CommandError, describeError, isRefusal } from '../errors.ts';
import type { Io } from '../io.ts';
import { readJobFile, type JobDocument } from './job-file.ts';

/** `dkron job apply` */
export function apply(): Command {
  const command = {
    name: 'apply',
    summary: 'Create or replace the jobs of a file',
    description: `Creates or replaces the jobs of a file: one job or an array of jobs, as JSON or YAML. Several are judged first, and none
is stored when one of them cannot be taken. Then they are stored one after the other, a parent therefore before its
children; the first that is refused all the same ends the command, which says what was stored.

  dkron job apply jobs.yml
  dkron job get backup --output json | dkron job apply - --api-url http://other:8080`,
    words: ['[file]'],
    flags: [
      { name: 'file', short: 'f', type: 'string', help: 'JSON or YAML, one job or an array; - = standard input' },
    ],
  } as const;
  return apiCommand(command, async ({ client, io, json, flag, args: [word = ''] }) => {
    const named = flag('file') ?? '';
    if (named !== '' && word !== '') throw new CommandError('the file is named twice, as a word and with --file');
    const file = named || word;
    if (file === '') throw new CommandError('the file is missing; - reads standard input');
    const jobs = await readJobFile(file, io);
    const checked = jobs.length > 1 ? await judge(client, jobs, io) : new Map<JobDocument, Answer>();
    await store(jobs, (job) => checked.get(job) ?? client.request('POST /v1/jobs', { body: job.body }), {
      stored: ({ name }, { text }) => io.out(json ? `${text}\n` : `stored ${name}\n`),
    });
  });
}

/**
 * Has every job judged. Throws CommandError after naming all that cannot be taken.
 *
 * @returns answers of those that were stored all the same: by a server that knows no dry run
 */
async function judge(client: DkronClient, jobs: readonly JobDocument[], io: Io): Promise<Map<JobDocument, Answer>> {
  const stored = new Map<JobDocument, Answer>();
  const before = new Set<string>();
  let refused = 0;
  for (const [index, job] of jobs.entries()) {
    try {
      const answer = await client.request('POST /v1/jobs', { body: job.body, query: { dry_run: 'true' } });
      if (answer.status === 201) stored.set(job, answer);
    } catch (error) {
      if (!isRefusal(error) || error.status < 400 || error.status >= 500) throw error;
      // The parent will be there by then; all else was found right before that.
      if (!(error.code === 'parent_not_found' && before.has(String(job.body.parent_job)))) {
        refused += 1;
        io.err(`dkron: job ${index + 1}, ${job.name}: ${describeError(error)}\n`);
      }
    }
    before.add(job.name);
  }
  if (refused === 0) return stored;
  const kept = stored.size === 0 ? 'nothing was stored' : `stored: ${[...stored.keys()].map(nameOf).join(', ')}`;
  throw new CommandError(`${refused} of ${jobs.length} jobs cannot be taken; ${kept}`);
}

async function store(
  jobs: readonly JobDocument[],
  put: (job: JobDocument) => Promise<Answer> | Answer,
  { stored }: { readonly stored: (job: JobDocument, answer: Answer) => void },
): Promise<void> {
  for (const [index, job] of jobs.entries()) {
    try {
      stored(job, await put(job));
    } catch (error) {
      if (jobs.length === 1 || !(error instanceof Error)) throw error;
      const left = jobs.slice(index + 1).map(nameOf);
      const rest = left.length === 0 ? '' : `; not tried: ${left.join(', ')}`;
      throw new CommandError(`${describeError(error)}`, 1, `job ${job.name} was not stored${rest}`);
    }
  }
}

function nameOf({ name }: JobDocument): string {
  return name;
}
