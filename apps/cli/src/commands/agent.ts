import { hostname } from 'node:os';
import { consoleLogger } from '@dkron/runtime/system';
import { localAddresses } from '../config/address/interfaces.ts';
import { resolveAddresses } from '../config/address/resolve-addresses.ts';
import { loadConfigFile } from '../config/config-file.ts';
import { describeWarning, type Warning } from '../config/problem.ts';
import { resolveConfig, type Resolved } from '../config/resolve.ts';
import { AGENT_FLAGS } from '../config/schema/flags.ts';
import { logLevelOf, serverOptions } from '../config/server-options.ts';
import type { Call, Command } from '../command/command.ts';
import { CommandError } from '../errors.ts';
import { onSignals } from './agent-signals.ts';

const NO_AGENT = 'a node without --server needs a cluster to join, which this version does not have yet; use --server';

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

SIGINT and SIGTERM end it in order, a second one at once. SIGHUP reads the settings again and says what waits for the
next start.`,
  flags: AGENT_FLAGS,
  run: runAgent,
};

async function runAgent(call: Call): Promise<number> {
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
  if (!values.server) throw new CommandError(NO_AGENT);
  // Loaded only here, so that the other commands start fast.
  const { runServer, SERVER_DEFAULTS } = await import('@dkron/server');
  const unhook = onSignals(logger, () => readConfig(call), resolved);
  try {
    return await runServer(serverOptions(SERVER_DEFAULTS, { values, addresses, hostname: hostname() }));
  } finally {
    unhook();
  }
}

/** @throws ConfigError */
export async function readConfig({ flags, io }: Call): Promise<Resolved> {
  const named = flags.get('config')?.at(-1) || undefined;
  const file = await loadConfigFile(named, { home: io.env['HOME'], workingFolder: io.workingFolder });
  return resolveConfig({ flags, env: io.env, file });
}
