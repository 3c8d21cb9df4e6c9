import { Command } from 'commander';
import { apiCommand, clientOf, pathOf, type ApiOptions } from '../api.ts';
import { CommandError } from '../errors.ts';
import type { Io } from '../io.ts';
import { table, timeCell } from '../table.ts';
import { readJobFile } from './job-file.ts';
import { runAndWait } from './run-job.ts';

const LINES_DEFAULT = '20';

/** `dkron job …` */
export function jobCommand(io: Io): Command {
  return new Command('job')
    .description('list, show, store, delete and run jobs')
    .addCommand(list(io))
    .addCommand(get(io))
    .addCommand(apply(io))
    .addCommand(remove(io))
    .addCommand(run(io))
    .addCommand(logs(io))
    .addCommand(ticks(io));
}

function list(io: Io): Command {
  return apiCommand('list', 'all jobs').action(async (options: ApiOptions) => {
    const client = clientOf(options, io);
    if (options.output === 'json') return io.out(`${await client.raw('GET', '/v1/jobs')}\n`);
    const { items } = await client.listJobs();
    const rows = items.map((job) => [
      job.name,
      job.schedule || `after ${job.parent_job}`,
      job.disabled ? 'disabled' : job.status || '-',
      timeCell(job.next),
      `${job.success_count}/${job.error_count}`,
    ]);
    io.out(table(['NAME', 'SCHEDULE', 'STATUS', 'NEXT', 'OK/FAILED'], rows));
  });
}

function get(io: Io): Command {
  return apiCommand('get', 'one job')
    .argument('<name>')
    .action(async (name: string, options: ApiOptions) => {
      const client = clientOf(options, io);
      if (options.output === 'json') return io.out(`${await client.raw('GET', pathOf(name))}\n`);
      const rows = Object.entries(await client.getJob(name)).map(([key, value]) => [key, cell(value)]);
      io.out(table(['KEY', 'VALUE'], rows));
    });
}

function cell(value: unknown): string {
  if (value === null || value === '') return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function apply(io: Io): Command {
  return apiCommand('apply', 'create or replace the jobs of a file')
    .requiredOption('-f, --file <path>', 'JSON or YAML, one job or an array; - = standard input')
    .action(async (options: ApiOptions & { readonly file: string }) => {
      const client = clientOf(options, io);
      for (const { name, body } of await readJobFile(options.file, io)) {
        const answer = await client.createJobText(body);
        io.out(options.output === 'json' ? `${JSON.stringify(answer)}\n` : `stored ${name}\n`);
      }
    });
}

function remove(io: Io): Command {
  return apiCommand('delete', 'delete a job and its executions')
    .argument('<name>')
    .action(async (name: string, options: ApiOptions) => {
      const client = clientOf(options, io);
      if (options.output === 'json') return io.out(`${await client.raw('DELETE', pathOf(name))}\n`);
      await client.deleteJob(name);
      io.out(`deleted ${name}\n`);
    });
}

function run(io: Io): Command {
  return apiCommand('run', 'run a job now, wait and print its output')
    .argument('<name>')
    .option('--no-wait', 'return as soon as the run is decided')
    .action(async (name: string, options: ApiOptions & { readonly wait: boolean }) => {
      const client = clientOf(options, io);
      if (options.wait) {
        await runAndWait(client, name, io);
        return;
      }
      if (options.output === 'json') {
        return io.out(`${await client.raw('POST', pathOf(name, '/run'), { wait: false })}\n`);
      }
      for (const id of (await client.startJob(name)).executions) io.out(`${id}\n`);
    });
}

function logs(io: Io): Command {
  return apiCommand('logs', "output of a job's latest execution")
    .argument('<name>')
    .option('--execution <id>', 'of this execution instead')
    .action(async (name: string, options: ApiOptions & { readonly execution?: string }) => {
      const client = clientOf(options, io);
      await client.getJob(name);
      const id = options.execution ?? (await client.listExecutions({ job: name, _end: 1 })).items[0]?.id;
      if (id === undefined) throw new CommandError(`job ${name} has no execution`);
      const path = `/v1/executions/${encodeURIComponent(id)}`;
      if (options.output === 'json') return io.out(`${await client.raw('GET', path)}\n`);
      const { output = '' } = await client.getExecution(id);
      io.out(output === '' || output.endsWith('\n') ? output : `${output}\n`);
    });
}

function ticks(io: Io): Command {
  return apiCommand('ticks', 'what became of the ticks of a job, newest first')
    .argument('<name>')
    .option('--limit <count>', 'at most so many', LINES_DEFAULT)
    .action(async (name: string, options: ApiOptions & { readonly limit: string }) => {
      const client = clientOf(options, io);
      if (!/^\d+$/.test(options.limit)) {
        throw new CommandError(`--limit: "${options.limit}" is not allowed, expected a whole number ≥ 0`);
      }
      const query = { _end: options.limit };
      if (options.output === 'json') return io.out(`${await client.raw('GET', pathOf(name, '/ticks'), query)}\n`);
      const { items } = await client.listTicks(name, query);
      const rows = items.map((one) => [
        one.count === 1 ? one.tick : `${one.tick} … ${one.last_tick}`,
        String(one.count),
        one.decision,
        one.reason || '-',
        one.trigger,
        (one.executions ?? []).join(' ') || '-',
      ]);
      io.out(table(['TICK', 'COUNT', 'DECISION', 'REASON', 'TRIGGER', 'EXECUTIONS'], rows));
    });
}
