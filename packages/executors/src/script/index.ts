/** The `script` executor: inline text with its interpreter. POSIX only. */
export { configSchema } from './config-schema.ts';
export type { ScriptExecutorModules, ScriptExecutorOptions } from './script-executor.ts';
export { scriptExecutor } from './script-executor.ts';
