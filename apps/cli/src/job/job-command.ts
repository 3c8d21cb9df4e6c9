import { API_FLAGS, apiCommand, countOf } from '../api.ts';
import type { Command } from '../command/command.ts';
import { table, timeCell } from '../table.ts';
import { apply } from './apply-command.ts';
import { logs } from './logs-command.ts';
import { preview } from './preview-command.ts';
import { expectSuccess, printOutputs, runToEnd } from './run-job.ts';

const LINES_DEFAULT = '20';

/** `dkron job …` */
export const JOB: Command = {
  name: 'job',
  summary: 'List, show, store, delete and run jobs',
  words: [],
  sharedFlags: API_FLAGS,
  children: [list(), get(), apply(), remove(), run(), logs(), preview(), ticks()],
};

function list(): Command {
  return apiCommand({ name: 'list', summary: 'All jobs' }, async ({ client, io, json, printBody }) => {
    if (json) return printBody(client.request('GET /v1/jobs', {}));
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

function get(): Command {
  const command = { name: 'get', summary: 'One job', words: ['<name>'] };
  return apiCommand(command, async ({ client, io, json, printBody, args: [name = ''] }) => {
    if (json) return printBody(client.request('GET /v1/jobs/{job}', { path: { job: name } }));
    const rows = Object.entries(await client.getJob(name)).map(([key, value]) => [key, cell(value)]);
    io.out(table(['KEY', 'VALUE'], rows));
  });
}

function cell(value: unknown): string {
  if (value === null || value === '') return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function remove(): Command {
  const command = { name: 'delete', summary: 'Delete a job and its executions', words: ['<name>'] };
  return apiCommand(command, async ({ client, io, json, printBody, args: [name = ''] }) => {
    if (json) return printBody(client.request('DELETE /v1/jobs/{job}', { path: { job: name } }));
    await client.deleteJob(name);
    io.out(`deleted ${name}\n`);
  });
}

function run(): Command {
  const command = {
    name: 'run',
    summary: 'Run a job now, wait and print its output',
    description: `Runs a job now, waits until its last attempt has ended on every node, and prints the output of each. Ends with 2
when it ended unsuccessfully on one.`,
    words: ['<name>'],
    flags: [{ name: 'no-wait', type: 'bool', help: 'return as soon as the run is decided' }],
  } as const;
  return apiCommand(command, async ({ client, io, json, flagged, printBody, args: [name = ''] }) => {
    if (!flagged('no-wait')) {
      const ended = await runToEnd(client, name);
      if (json) io.out(`${await bodiesOf(ended.map(({ id }) => id))}\n`);
      else await printOutputs(client, ended, io);
      return expectSuccess(ended);
    }
    if (json) {
      const query = { wait: 'false' } as const;
      return printBody(client.request('POST /v1/jobs/{job}/run', { path: { job: name }, query }));
    }
    const { executions } = await client.startJob(name, { idempotencyKey: crypto.randomUUID() });
    for (const id of executions) io.out(`${id}\n`);

    async function bodiesOf(ids: readonly string[]): Promise<string> {
      const answers = ids.map((id) => client.request('GET /v1/executions/{id}', { path: { id } }));
      return `[${(await Promise.all(answers)).map(({ text }) => text).join(',')}]`;
    }
  });
}

function ticks(): Command {
  const command = {
    name: 'ticks',
    summary: 'What became of the due instants of a job, newest first',
    words: ['<name>'],
    flags: [{ name: 'limit', type: 'string', default: LINES_DEFAULT, help: 'at most so many' }],
  } as const;
  return apiCommand(command, async (call) => {
    const { client, io, json, printBody } = call;
    const [name = ''] = call.args;
    const query = { _end: countOf(call, 'limit', LINES_DEFAULT) };
    if (json) return printBody(client.request('GET /v1/jobs/{job}/ticks', { path: { job: name }, query }));
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
