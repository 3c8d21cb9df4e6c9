/** The `shell` executor: commands of this machine. POSIX only. */
export type { ShellExecutorModules, ShellExecutorOptions } from './shell-executor.ts';
export { shellExecutor } from './shell-executor.ts';
export type { AccountFiles } from './users.ts';
export type { ProcessTable } from './process-table.ts';
export { configSchema } from './config-schema.ts';
