import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Logger } from '@dkron/runtime';
import { parseDurationMs } from '../durations.ts';
import { parseGoBool } from '../go-text.ts';
import type { ExecuteRequest } from '../types.ts';
import type { SpawnRequest } from '../spawn-helper/index.ts';
import { executableNotFound } from './end-text.ts';
import { parseMemorySize } from './memory-size.ts';
import { decodePayload } from './payload.ts';
import { splitWords } from './split-words.ts';
import { lookUpCredential, type AccountFiles } from './users.ts';

/** A configuration that cannot be run; the message becomes the result's error. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** What one attempt runs, and its limits. */
export interface ShellCommand {
  readonly spawn: SpawnRequest;
  /** Messages about exceeded limits begin with it. */
  readonly subject: string;
  /** The program as the user named it. */
  readonly program: string;
  readonly timeoutMs?: number;
  readonly memoryBytesMax?: number;
}

export interface CommandOptions {
  /** Name of the executor; messages about the configuration begin with it. */
  readonly executor: string;
  readonly shellPath: string;
  readonly accountFiles: AccountFiles;
}

/** @throws Error whose message is the attempt's error text */
export async function readCommand(
  request: ExecuteRequest,
  options: CommandOptions,
  logger: Logger,
): Promise<ShellCommand> {
  const { config } = request;
  const text = config['command'] ?? '';
  const env = readEnv(config['env'] ?? '', request);
  const program = readProgram(text, parseGoBool(config['shell'] ?? '') ?? false, env, options, logger);
  const credential = config['su'] ? await lookUpCredential(config['su'], options.accountFiles) : undefined;
  const limits = readLimits(config, options.executor);
  return {
    subject: `${options.executor}: Job '${text}'`,
    program: program.argv0,
    ...limits,
    spawn: {
      ...program,
      env,
      ...(config['cwd'] && { cwd: config['cwd'] }),
      ...credential,
      ...(config['payload'] && { stdin: decodePayload(config['payload']) }),
    },
  };
}

type Program = Pick<SpawnRequest, 'file' | 'args'> & { readonly argv0: string };

function readProgram(
  text: string,
  shell: boolean,
  env: Readonly<Record<string, string>>,
  options: CommandOptions,
  logger: Logger,
): Program {
  if (shell) return { file: options.shellPath, argv0: options.shellPath, args: ['-c', text] };
  if (text === '') throw new CommandError('shell: Command missing');
  const { words, endedBy } = splitWords(text);
  if (endedBy !== undefined) {
    // Not the command itself: it may hold secrets.
    logger.warn('command line ends at an unquoted operator, the rest of it is not run', { operator: endedBy });
  }
  const [name, ...args] = words;
  if (name === undefined) throw new CommandError('shell: Command missing');
  if (name === '') throw new CommandError('exec: no command');
  const searchedHere = env['PATH'] !== undefined && !name.includes('/');
  return { file: searchedHere ? findExecutable(name) : name, argv0: name, args };
}

/** Searches the node's `PATH`: the one in the job's `env` is for the program, not for finding it. */
function findExecutable(name: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder || '.', name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new CommandError(executableNotFound(name));
}

/** `K=V,K2=V2`; later entries win, and what tells the run over all. */
function readEnv(
  text: string,
  { jobName, executionId, attempt }: Pick<ExecuteRequest, 'jobName' | 'executionId' | 'attempt'>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const entry of text.split(',')) {
    const at = entry.indexOf('=');
    if (at > 0) env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  env['ENV_JOB_NAME'] = jobName;
  env['DKRON_EXECUTION_ID'] = executionId;
  env['DKRON_ATTEMPT'] = String(attempt);
  return env;
}

function readLimits(
  config: Readonly<Record<string, string>>,
  executor: string,
): Pick<ShellCommand, 'timeoutMs' | 'memoryBytesMax'> {
  const timeoutMs = config['timeout'] ? parseDurationMs(config['timeout']) : undefined;
  if (config['timeout'] && timeoutMs === undefined) throw new CommandError(`${executor}: Error parsing job timeout`);
  const memoryBytesMax = config['mem_limit'] ? parseMemorySize(config['mem_limit']) : undefined;
  return {
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(memoryBytesMax !== undefined && { memoryBytesMax }),
  };
}
