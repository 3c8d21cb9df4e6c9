import { hostname } from 'node:os';
import {
  AGENT_FLAGS,
  ConfigError,
  describeProblem,
  describeWarning,
  localAddresses,
  misspeltVariables,
  readSettings,
  resolveAddresses,
  resolveHttpAddress,
  shownValue,
  type Problem,
  type Resolved,
  type Warning,
} from '@dkron/config';
import type { Call, Command } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import { table } from '../table.ts';

/** `dkron config …` */
export const CONFIG: Command = {
  name: 'config',
  summary: 'Check the settings of a node',
  words: [],
  children: [
    {
      name: 'check',
      summary: 'Check the settings as `dkron agent` would read them here, without starting a node',
      description: `Reads flags, environment and configuration file as \`dkron agent\` would, and prints what was given.

Ends with 1 when the node would not start, and also for unknown keys, which a node only warns of.`,
      words: [],
      flags: [...AGENT_FLAGS, { name: 'output', type: 'string', default: 'table', help: 'table, or json' }],
      run: check,
    },
  ],
};

interface Findings {
  /** What was given, also when the addresses cannot be resolved. */
  readonly resolved: Resolved | undefined;
  /** Where the REST API would listen. */
  readonly httpAddr: string | undefined;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

async function check(call: Call): Promise<number> {
  const { io } = call;
  const output = call.flags.get('output')?.at(-1) ?? 'table';
  if (output !== 'table' && output !== 'json') {
    throw new CommandError(`--output: ${JSON.stringify(output)} is not allowed, expected table or json`);
  }
  const { resolved, httpAddr, problems, warnings } = await findingsOf(call);
  const all = [...warnings, ...misspeltVariables({ env: io.env, flags: call.flags, file: undefined })];
  const wrong = problems.length > 0 || all.some((warning) => warning.wrong);
  const rows = resolved === undefined ? [] : settingsOf(resolved);
  if (output === 'json') {
    const settings = rows.map(([key, value, source]) => ({ key, value, source }));
    io.out(
      `${JSON.stringify({ ok: !wrong, http_addr: httpAddr ?? null, settings, problems, warnings: all }, undefined, 2)}\n`,
    );
    return wrong ? 1 : 0;
  }
  if (rows.length > 0) io.out(table(['SETTING', 'VALUE', 'FROM'], rows));
  for (const warning of all) io.err(`${warning.wrong ? 'error' : 'warning'}: ${describeWarning(warning)}\n`);
  for (const problem of problems) io.err(`error: ${describeProblem(problem)}\n`);
  io.out(wrong ? '' : 'The settings are fine.\n');
  return wrong ? 1 : 0;
}

async function findingsOf(call: Call): Promise<Findings> {
  let resolved: Resolved | undefined;
  let httpAddr: string | undefined;
  try {
    const local = localAddresses();
    resolved = await readSettings({ ...call.io, flags: call.flags });
    httpAddr = resolveHttpAddress(resolved, local);
    const { warnings } = await resolveAddresses(resolved, { local });
    return { resolved, httpAddr, problems: [], warnings: [...resolved.warnings, ...warnings] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { resolved, httpAddr, problems: error.problems, warnings: error.warnings };
  }
}

/** What was given, and the name the node would have. */
function settingsOf({ values, given }: Resolved): [key: string, value: string, source: string][] {
  const rows = [...given].map(([key, { source }]): [string, string, string] => [
    key,
    shownValue(key, values[key]),
    source,
  ]);
  return given.has('node-name') ? rows : [['node-name', hostname(), 'host name'], ...rows];
}
