import { resolve } from 'node:path';
import { API_FLAGS, apiCommand, type ApiCall } from '../api.ts';
import type { Call, Command } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import { table } from '../table.ts';

const OUTPUT = API_FLAGS.filter(({ name }) => name === 'output');
const FILE = ['<file>'];

/** `dkron raft snapshot …` */
export const SNAPSHOT: Command = {
  name: 'snapshot',
  summary: 'Save, inspect and restore the state of the cluster',
  description: `Saves, inspects and restores the state of the cluster: jobs, executions, outputs and the ledger, as one file that checks
itself.`,
  words: [],
  children: [
    apiCommand(
      {
        name: 'save',
        summary: 'Save the state of the cluster',
        description: `Saves the state of the cluster while it works. Any server gives it.

The file holds everything acknowledged before. It is checked while it comes, and gets its name when it is complete and on
disk; a file of that name is replaced.`,
        words: FILE,
        flags: [
          ...API_FLAGS,
          { name: 'stale', type: 'bool', default: 'false', help: 'what the server knows, although no server leads' },
        ],
      },
      save,
    ),
    {
      name: 'inspect',
      summary: 'Show what is in a saved state',
      description:
        'Reads a saved state to its end, checks every checksum, and shows what is in it. No server is asked.',
      words: FILE,
      flags: OUTPUT,
      run: inspect,
    },
    apiCommand(
      {
        name: 'restore',
        summary: 'Replace the state of the cluster by a saved one',
        description: `Replaces the state of all servers of the running cluster by a saved one, all of it or nothing.

What ran when it was saved ends as lost, without retries, unless its node still runs it. Ticks up to now count as decided:
nothing is caught up on. Servers and their addresses stay as they are. Everything written after the state was saved is gone.`,
        words: FILE,
        flags: [...API_FLAGS],
      },
      restore,
    ),
  ],
};

async function save(call: ApiCall): Promise<void> {
  const { io, json, url, args, flagged } = call;
  const file = pathOf(io.workingFolder, args[0]);
  const { fetchSnapshot, writeChecked } = await files();
  const summary = await writeChecked(file, await fetchSnapshot(url, flagged('stale')));
  if (json) return io.out(`${JSON.stringify(summary)}\n`);
  io.out(`saved ${file}: ${summary.counts.jobs} jobs, up to entry ${summary.index} of term ${summary.term}\n`);
}

async function inspect(call: Call): Promise<number> {
  const { io, args, flags } = call;
  const output = flags.get('output')?.at(-1) ?? 'table';
  if (output !== 'table' && output !== 'json') {
    throw new CommandError(`--output: ${JSON.stringify(output)} is not allowed, expected table or json`);
  }
  const { readChecked } = await files();
  const { bytes, summary } = await readChecked(pathOf(io.workingFolder, args[0]));
  if (output === 'json') {
    io.out(`${JSON.stringify({ bytes, ...summary })}\n`);
    return 0;
  }
  const { counts, members } = summary;
  const rows: [string, string][] = [
    ['Saved', `${summary.created_at} by ${summary.node} (${summary.software})`],
    ['Region', summary.region],
    ['Cluster', summary.cluster_id],
    ['Index', String(summary.index)],
    ['Term', String(summary.term)],
    ['Feature level', String(summary.feature_level)],
    ...members.map(({ id, address, voter }): [string, string] => {
      return ['Member', `${id} ${address} ${voter ? 'voter' : 'learner'}`];
    }),
    ['Last command', String(summary.last_command)],
    ['State hash', summary.state_hash],
    ['Size', `${bytes} bytes; ${summary.plain_bytes} in ${summary.records} records before compression`],
    ...Object.entries(counts).map(([kind, count]): [string, string] => [labelOf(kind), String(count)]),
  ];
  io.out(table(['What', 'Value'], rows));
  io.out('every checksum is right\n');
  return 0;
}

async function restore({ io, json, url, args }: ApiCall): Promise<void> {
  const file = pathOf(io.workingFolder, args[0]);
  const { readChecked, sendSnapshot } = await files();
  // What is wrong with the file is said before the cluster is asked for anything.
  await readChecked(file);
  const text = await sendSnapshot(url, file);
  if (json) return io.out(`${text}\n`);
  const { jobs, index } = JSON.parse(text) as { jobs: number; index: number };
  io.out(`restored ${file}: ${jobs} jobs, from entry ${index} on\n`);
}

function labelOf(kind: string): string {
  const words = kind.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function pathOf(folder: string, word = ''): string {
  return resolve(folder, word);
}

/** Loaded only here, so that the other commands start fast. */
function files(): Promise<typeof import('./snapshot-files.ts')> {
  return import('./snapshot-files.ts');
}
