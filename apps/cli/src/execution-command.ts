import { Command } from 'commander';
import { apiCommand, clientOf, type ApiOptions } from './api.ts';
import type { Io } from './io.ts';
import { table, timeCell } from './table.ts';

interface ListOptions extends ApiOptions {
  readonly job?: string;
  readonly state?: string;
  readonly node?: string;
}

/** `dkron execution …` */
export function executionCommand(io: Io): Command {
  return new Command('execution').description('list and cancel executions').addCommand(list(io)).addCommand(cancel(io));
}

function list(io: Io): Command {
  return apiCommand('list', 'executions of all jobs, newest first')
    .option('--job <name>', 'of this job')
    .option('--state <state>', 'pending, running, success, failed, lost or cancelled')
    .option('--node <name>', 'on this node')
    .action(async (options: ListOptions) => {
      const client = clientOf(options, io);
      const query = { job: options.job, state: options.state, node: options.node };
      if (options.output === 'json') return io.out(`${await client.raw('GET', '/v1/executions', query)}\n`);
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

function cancel(io: Io): Command {
  return apiCommand('cancel', 'end an execution')
    .argument('<id>')
    .action(async (id: string, options: ApiOptions) => {
      const client = clientOf(options, io);
      const path = `/v1/executions/${encodeURIComponent(id)}/cancel`;
      if (options.output === 'json') return io.out(`${await client.raw('POST', path)}\n`);
      const { state } = await client.cancelExecution(id);
      io.out(state === 'cancelled' ? `cancelled ${id}\n` : `asked to cancel ${id}\n`);
    });
}
