import type { DkronClient } from '@dkron/client';
import { apiCommand } from '../api.ts';
import type { Command } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import type { Io } from '../io.ts';
import { OncePrinter } from './once-printer.ts';

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
  return apiCommand(command, async ({ client, io, json, flag, flagged, printBody, args: [name = ''] }) => {
    await client.getJob(name);
    const id = flag('execution') ?? (await client.listExecutions({ job: name, _end: 1 })).items[0]?.id;
    if (id === undefined) throw new CommandError(`job ${name} has no execution`);
    if (json) return printBody(client.request('GET /v1/executions/{id}', { path: { id } }));
    if (flagged('follow')) return follow(client, id, io);
    const output = await client.getOutput(id);
    io.out(output === '' || output.endsWith('\n') ? output : `${output}\n`);
  });
}

/** Prints what comes, as it comes, until the execution has ended. */
async function follow(client: DkronClient, id: string, io: Io): Promise<void> {
  const printer = new OncePrinter(io.out);
  try {
    for await (const event of client.followOutput(id, { signal: io.signal })) {
      if (event.type === 'output') printer.print(event.data.text);
      else if (event.type === 'reset') printer.startOver();
    }
  } catch (error) {
    // Nobody reads the output any more.
    if (io.signal?.aborted !== true) throw error;
  }
  printer.endLine();
}
