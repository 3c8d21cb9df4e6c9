import type { Execution } from '@dkron/client';
import { API_FLAGS, apiCommand, countOf } from './api.ts';
import type { Command } from './command/command.ts';
import { table, timeCell } from './table.ts';

const LIMIT_DEFAULT = '100';

/** `dkron execution …` */
export const EXECUTION: Command = {
  name: 'execution',
  summary: 'List and cancel executions',
  words: [],
  sharedFlags: API_FLAGS,
  children: [list(), cancel()],
};

function list(): Command {
  const command = {
    name: 'list',
    summary: 'Executions of all jobs, newest first',
    flags: [
      { name: 'job', type: 'string', help: 'of this job' },
      { name: 'state', type: 'string', help: 'pending, running, success, failed, lost or cancelled' },
      { name: 'node', type: 'string', help: 'on this node' },
      { name: 'limit', type: 'string', default: LIMIT_DEFAULT, help: 'at most so many' },
    ],
  } as const;
  return apiCommand(command, async (call) => {
    const { client, io, json, flag, printBody } = call;
    const limit = countOf(call, 'limit', LIMIT_DEFAULT);
    // The server judges the state.
    const state = flag('state') as Execution['state'] | undefined;
    const query = { job: flag('job'), state, node: flag('node'), _end: limit };
    if (json) return printBody(client.request('GET /v1/executions', { query }));
    const { items } = await client.listExecutions(query);
    const rows = items.map((one) => [
      one.id,
      one.job_name,
      one.state,
      one.reason ?? '-',
      String(one.attempt),
      timeCell(one.started_at),
      one.duration_ms === undefined ? '-' : `${one.duration_ms} ms`,
    ]);
    io.out(table(['ID', 'JOB', 'STATE', 'REASON', 'ATTEMPT', 'STARTED', 'DURATION'], rows));
  });
}

function cancel(): Command {
  const command = { name: 'cancel', summary: 'End an execution', words: ['<id>'] };
  return apiCommand(command, async ({ client, io, json, printBody, args: [id = ''] }) => {
    if (json) return printBody(client.request('POST /v1/executions/{id}/cancel', { path: { id } }));
    const { state } = await client.cancelExecution(id);
    io.out(state === 'cancelled' ? `cancelled ${id}\n` : `asked to cancel ${id}\n`);
  });
}
