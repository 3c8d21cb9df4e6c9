import { hostname } from 'node:os';
import { consoleLogger } from '@dkron/runtime/system';
import { localAddresses } from '../config/address/interfaces.ts';
import { resolveAddresses } from '../config/address/resolve-addresses.ts';
import { loadConfigFile } from '../config/config-file.ts';
import { describeWarning, type Warning } from '../config/problem.ts';
import { resolveConfig, type Resolved } from '../config/resolve.ts';
import { AGENT_FLAGS } from '../config/schema/flags.ts';
import { agentOptions } from '../config/agent-options.ts';
import { logLevelOf, serverOptions } from '../config/server-options.ts';
import type { NodeFacts } from '../config/server-options.ts';
import type { Call, Command } from '../command/command.ts';
import { onSignals } from './agent-signals.ts';

/** `dkron agent`: runs a node until a signal. */
export const AGENT: Command = {
  name: 'agent',
  summary: 'Run a node until a signal',
  description: `Runs a node until SIGINT or SIGTERM.

Each setting comes from its flag, else from its environment variable (DKRON_ and the flag in upper case with
underscores), else from the configuration file, else from its default. The file is the one of --config, else the first
dkron.json, .toml, .yaml or .yml in /etc/dkron, $HOME/.dkron and ./config.

A first server, for this machine only:

  dkron agent --server --bootstrap-expect=1 --bind-addr=127.0.0.1 --advertise-addr=127.0.0.1 --http-addr=127.0.0.1:8080

An agent, which runs jobs for the servers of a cluster and keeps none:

  dkron agent --retry-join=10.0.0.1 --tag=role=worker

SIGINT and SIGTERM end it in order, a second one at once. SIGHUP reads the settings again and says what waits for the
next start.`,
  flags: AGENT_FLAGS,
  run: runNode,
};

async function runNode(call: Call): Promise<number> {
  const resolved = await readConfig(call);
  const { values } = resolved;
  const logger = consoleLogger({
    level: logLevelOf(values),
    format: values['log-format'] === 'json' ? 'json' : 'text',
    write: call.io.err,
  });
  const warn = (warning: Warning): void => logger.warn(`config: ${describeWarning(warning)}`);
  if (resolved.file !== undefined) logger.info('config: read', { file: resolved.file });
  resolved.warnings.forEach(warn);
  const addresses = await resolveAddresses(resolved, { local: localAddresses() });
  addresses.warnings.forEach(warn);
  const facts = { values, addresses, hostname: hostname() };
  const unhook = onSignals(logger, () => readConfig(call), resolved);
  try {
    return await (values.server ? runServer(facts) : runAgent(facts));
  } finally {
    unhook();
  }
}

/** Loaded only here, so that the other commands start fast. */
async function runServer(facts: NodeFacts): Promise<number> {
  const server = await import('@dkron/server');
  return server.runServer(serverOptions(server.SERVER_DEFAULTS, facts));
}

async function runAgent(facts: NodeFacts): Promise<number> {
  const agent = await import('@dkron/agent');
  return agent.runAgent(agentOptions(agent.AGENT_DEFAULTS, facts));
}

/** @throws ConfigError */
export async function readConfig({ flags, io }: Call): Promise<Resolved> {
  const named = flags.get('config')?.at(-1) || undefined;
  const file = await loadConfigFile(named, { home: io.env['HOME'], workingFolder: io.workingFolder });
  return resolveConfig({ flags, env: io.env, file });
}
