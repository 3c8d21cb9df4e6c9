import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Timers } from '@dkron/runtime';
import { warnOfUnknownKeys } from '../kit/config-schema.ts';
import { CANCELLED, failed } from '../results.ts';
import { readCommand, type CommandOptions, type ShellCommand } from '../shell/command.ts';
import { MemoryWatch } from '../shell/memory-watch.ts';
import { procTable } from '../shell/process-table.ts';
import { ShellRun, type ShellRunModules } from '../shell/shell-run.ts';
import type { SpawnHelper } from '../spawn-helper/index.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { readScript, type Script } from './settings.ts';

/** Settings of the `script` executor; all have defaults. */
export interface ScriptExecutorOptions {
  /** Reads scripts that name no interpreter. @default '/bin/sh' */
  readonly shellPath?: string;
  /** Where scripts lie while they run. @default the system's folder for temporary files */
  readonly folder?: string;
  /** How often the memory of limited scripts is looked at. @default 1000 */
  readonly memoryPollMs?: number;
}

/** What the `script` executor is given. */
export interface ScriptExecutorModules {
  /** Stays the caller's to close. */
  readonly spawnHelper: SpawnHelper;
  readonly timers: Timers;
}

type Options = CommandOptions & { readonly folder: string };

/** Runs the text of a script with its interpreter, with the limits of the `shell` executor. */
export function scriptExecutor(options: ScriptExecutorOptions, modules: ScriptExecutorModules): Executor {
  const { spawnHelper, timers } = modules;
  const memoryWatch = new MemoryWatch({ pollMs: options.memoryPollMs ?? 1_000 }, { timers, processes: procTable });
  const all: Options = {
    executor: 'script',
    shellPath: options.shellPath ?? '/bin/sh',
    folder: options.folder ?? tmpdir(),
    accountFiles: {},
  };
  return {
    name: 'script',
    configSchema,
    execute: (request, context) => execute(request, context, all, { spawnHelper, timers, memoryWatch }),
  };
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  options: Options,
  modules: ShellRunModules,
): Promise<ExecuteResult> {
  if (context.signal.aborted) return CANCELLED;
  warnOfUnknownKeys(configSchema, request.config, context.logger);
  let folder: string | undefined;
  try {
    const script = readScript(request.config, options.shellPath);
    folder = await mkdtemp(join(options.folder, 'dkron-script-'));
    const file = join(folder, 'script');
    const command = await commandOf(script, file, request, options, context);
    await store(script, folder, file, command);
    if (context.signal.aborted) return CANCELLED;
    return await new ShellRun(command, request, context, modules).execute();
  } catch (error) {
    return failed((error as Error).message);
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** The command of `shell` that reads the file; keys of both mean the same. */
async function commandOf(
  script: Script,
  file: string,
  request: ExecuteRequest,
  options: Options,
  { logger }: ExecuteContext,
): Promise<ShellCommand> {
  const { cwd, su, timeout, mem_limit, payload } = request.config;
  const given = Object.entries({ cwd, su, timeout, mem_limit, payload }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const line = [...script.interpreter, file, ...script.args].map(quoted).join(' ');
  const config = { ...Object.fromEntries(given), command: line };
  const command = await readCommand({ ...request, config }, options, logger);
  const subject = `script: Job '${request.jobName}'`;
  return { ...command, subject, spawn: { ...command.spawn, env: { ...script.env, ...command.spawn.env } } };
}

/** Readable for who runs it and nobody else: scripts hold secrets. */
async function store({ text }: Script, folder: string, file: string, { spawn }: ShellCommand): Promise<void> {
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  if (spawn.uid === undefined) return;
  await chown(file, spawn.uid, spawn.gid ?? -1);
  await chown(folder, spawn.uid, spawn.gid ?? -1);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
