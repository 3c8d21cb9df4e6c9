import {
  AGENT_FLAGS,
  ConfigError,
  describeProblem,
  describeWarning,
  flagLines,
  FlagError,
  nodeOptions,
  prepareNode,
  readFlags,
  type Flag,
} from '@dkron/config';

/** What the program may touch of the outside; tests give their own. */
export interface AgentIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const HELP: Flag = { name: 'help', short: 'h', type: 'bool', help: 'help for dkron-agent' };
const FLAGS: readonly Flag[] = [...AGENT_FLAGS, HELP];

const DESCRIPTION = `Runs an agent until SIGINT or SIGTERM: it executes jobs for the servers of a cluster and keeps none.

  dkron-agent --retry-join=10.0.0.1 --tag=role=worker

Settings are those of \`dkron agent\`: flag, else environment variable (DKRON_ and the flag in upper case with
underscores), else configuration file, else default. The word \`agent\` may stand in front of the flags.

Usage:
  dkron-agent [agent] [flags]

Flags:
`;

const SERVERS_ELSEWHERE =
  'server: this program runs agents only, and has neither store nor consensus; `dkron agent --server` runs a server';

/**
 * The agent's own command line.
 *
 * @param args - without interpreter and script
 * @returns exit code: 0 after an orderly stop, 1 when it could not start or go on
 */
export async function runAgentProgram(args: readonly string[], io: AgentIo): Promise<number> {
  try {
    const words = readFlags(args, FLAGS);
    const extra = words.args.find((word, index) => index > 0 || word !== 'agent');
    if (extra !== undefined) return refuse(io, `${JSON.stringify(extra)} is one word too many; see --help`);
    if (words.flags.has('help')) {
      io.out(`${DESCRIPTION}${flagLines(FLAGS).join('\n')}\n`);
      return 0;
    }
    const { facts, unhook } = await prepareNode({ ...io, flags: words.flags, write: io.err });
    try {
      if (facts.values.server) return refuse(io, SERVERS_ELSEWHERE);
      // Loaded only here, so that a mistake is told at once.
      const { runAgent } = await import('./run-agent.ts');
      return await runAgent(nodeOptions(facts));
    } finally {
      unhook();
    }
  } catch (error) {
    return report(error, io);
  }
}

function refuse(io: AgentIo, message: string): number {
  io.err(`dkron-agent: ${message}\n`);
  return 1;
}

function report(error: unknown, io: AgentIo): number {
  if (error instanceof ConfigError) {
    for (const warning of error.warnings) io.err(`dkron-agent: ${describeWarning(warning)}\n`);
    for (const problem of error.problems) io.err(`dkron-agent: ${describeProblem(problem)}\n`);
    return 1;
  }
  if (!(error instanceof FlagError)) throw error;
  return refuse(io, error.hint === '' ? error.message : `${error.message}; ${error.hint}`);
}
