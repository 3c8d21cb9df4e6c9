import type { Timers } from '@dkron/runtime';
import { CANCELLED, failed } from '../results.ts';
import type { SpawnHelper } from '../spawn-helper/index.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { readCommand, type CommandOptions, type ShellCommand } from './command.ts';
import { configSchema } from './config-schema.ts';
import { MemoryWatch } from './memory-watch.ts';
import { procTable, type ProcessTable } from './process-table.ts';
import { ShellRun, type ShellRunModules } from './shell-run.ts';
import type { AccountFiles } from './users.ts';

/** Settings of the `shell` executor; all have defaults. */
export interface ShellExecutorOptions {
  /** What `shell: "true"` runs commands with. @default '/bin/sh' */
  readonly shellPath?: string;
  /** How often the memory of limited commands is looked at. @default 1000 */
  readonly memoryPollMs?: number;
  /** Where `su` finds its users. */
  readonly accountFiles?: AccountFiles;
}

/** What the `shell` executor is given. */
export interface ShellExecutorModules {
  /** Stays the caller's to close. */
  readonly spawnHelper: SpawnHelper;
  readonly timers: Timers;
  /** @default `/proc` */
  readonly processes?: ProcessTable;
}

/** Runs commands of this machine, each in a process group of its own. */
export function shellExecutor(options: ShellExecutorOptions, modules: ShellExecutorModules): Executor {
  const { spawnHelper, timers, processes = procTable } = modules;
  const memoryWatch = new MemoryWatch({ pollMs: options.memoryPollMs ?? 1_000 }, { timers, processes });
  const commandOptions: CommandOptions = {
    executor: 'shell',
    shellPath: options.shellPath ?? '/bin/sh',
    accountFiles: options.accountFiles ?? {},
  };
  return {
    name: 'shell',
    configSchema,
    execute: (request, context) => execute(request, context, commandOptions, { spawnHelper, timers, memoryWatch }),
  };
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  options: CommandOptions,
  modules: ShellRunModules,
): Promise<ExecuteResult> {
  if (context.signal.aborted) return CANCELLED;
  let command: ShellCommand;
  try {
    command = await readCommand(request, options, context.logger);
  } catch (error) {
    return failed((error as Error).message);
  }
  if (context.signal.aborted) return CANCELLED;
  return new ShellRun(command, request, context, modules).execute();
}
