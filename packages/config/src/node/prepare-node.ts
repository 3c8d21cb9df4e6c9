import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '@dkron/runtime';
import { consoleLogger } from '@dkron/runtime/system';
import { localAddresses } from '../address/interfaces.ts';
import { resolveAddresses } from '../address/resolve-addresses.ts';
import { loadConfigFile } from '../config-file.ts';
import { describeWarning, type Warning } from '../problem.ts';
import { resolveConfig, type Resolved } from '../resolve.ts';
import type { Environment, GivenFlags } from '../sources.ts';
import { onHangUp } from './hang-up.ts';
import { logLevelOf, type NodeFacts } from './node-facts.ts';

/** What of its process a node reads its settings from. */
export interface NodeSurroundings {
  readonly flags: GivenFlags;
  readonly env: Environment;
  /** Relative paths and `./config` start here. */
  readonly workingFolder: string;
  /** Takes the lines of the log. */
  readonly write: (text: string) => void;
}

export interface PreparedNode {
  readonly facts: NodeFacts;
  readonly logger: Logger;
  /** Gives SIGHUP and SIGUSR1 back. */
  readonly unhook: () => void;
}

/** Flag, else environment, else file, else default. @throws ConfigError */
export async function readSettings({ flags, env, workingFolder }: Omit<NodeSurroundings, 'write'>): Promise<Resolved> {
  const named = flags.get('config')?.at(-1) || undefined;
  const file = await loadConfigFile(named, { home: env['HOME'], workingFolder });
  return resolveConfig({ flags, env, file });
}

/**
 * Reads the settings, says in the log what is odd about them, resolves the addresses, and takes SIGHUP.
 *
 * @throws ConfigError with all that keeps the node from starting
 */
export async function prepareNode(surroundings: NodeSurroundings): Promise<PreparedNode> {
  const resolved = await readSettings(surroundings);
  const { values } = resolved;
  const format = values['log-format'] === 'json' ? 'json' : 'text';
  const logger = consoleLogger({ level: logLevelOf(values), format, write: surroundings.write });
  const warn = (warning: Warning): void => logger.warn(`config: ${describeWarning(warning)}`);
  if (resolved.file !== undefined) logger.info('config: read', { file: resolved.file });
  resolved.warnings.forEach(warn);
  const addresses = await resolveAddresses(resolved, { local: localAddresses() });
  addresses.warnings.forEach(warn);
  const unhook = onHangUp(logger, () => readSettings(surroundings), resolved);
  const pluginFolders = pluginFoldersOf(resolved.file, process.argv[1]);
  return { facts: { values, addresses, hostname: hostname(), pluginFolders }, logger, unhook };
}

/** As the original: beside the file that was read, and beside the program. */
function pluginFoldersOf(file: string | undefined, program: string | undefined): string[] {
  const beside = file === undefined ? '/etc/dkron/plugins' : join(dirname(file), 'plugins');
  return [beside, ...(program === undefined ? [] : [dirname(program)])];
}
