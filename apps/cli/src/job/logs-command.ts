import type { ApiExecution, DkronClient } from '@dkron/client';
import { apiCommand } from '../api.ts';
import type { Command } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import type { Io } from '../io.ts';

const POLL_MS = 500;
const OPEN: ReadonlySet<ApiExecution['state']> = new Set(['pending', 'running']);

export function logs(): Command {
  const command = {
    name: 'logs',
    summary: "Output of a job's latest execution",
    description: `Prints what a job's latest execution has written: all of it, or its beginning and end where it was too much. With
--follow it goes on until the execution has ended.`,
    words: ['<name>'],
    flags: [
      { name: 'execution', type: 'string', help: 'of this execution instead' },
      { name: 'follow', short: 'f', type: 'bool', help: 'print what comes until the execution has ended' },
    ],
  } as const;
  return apiCommand(command, async ({ client, io, json, flag, flagged, args: [name = ''] }) => {
    await client.getJob(name);
    const id = flag('execution') ?? (await client.listExecutions({ job: name, _end: 1 })).items[0]?.id;
    if (id === undefined) throw new CommandError(`job ${name} has no execution`);
    if (json) return io.out(`${await client.raw('GET', `/v1/executions/${encodeURIComponent(id)}`)}\n`);
    if (flagged('follow')) return follow(client, id, io);
    const output = await client.getOutput(id);
    io.out(output === '' || output.endsWith('\n') ? output : `${output}\n`);
  });
}

/** Asks again and again, and prints what is new, until the execution has ended. */
async function follow(client: DkronClient, id: string, io: Io): Promise<void> {
  let printed = '';
  for (;;) {
    // In this order, so that the output is whole once the state is final.
    const { state } = await client.getExecution(id);
    const output = await client.getOutput(id);
    io.out(output.slice(commonLength(printed, output)));
    printed = output;
    if (!OPEN.has(state) || io.signal?.aborted === true) break;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
  if (printed !== '' && !printed.endsWith('\n')) io.out('\n');
}

/** Once the middle was left out, the text goes on after a mark: print from where it differs. */
function commonLength(before: string, now: string): number {
  if (now.startsWith(before)) return before.length;
  let length = 0;
  while (length < before.length && before[length] === now[length]) length += 1;
  return length;
}
