import type { LogLevel } from '@dkron/runtime';
import type { Addresses } from '../address/resolve-addresses.ts';
import type { Values } from '../schema/index.ts';

const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
};

/** What a node is made from. */
export interface NodeFacts {
  readonly values: Values;
  readonly addresses: Addresses;
  readonly hostname: string;
  /** Where plugins are looked for unless a setting says where. */
  readonly pluginFolders: readonly string[];
}

/** The original's level as one of ours. */
export function logLevelOf(values: Values): LogLevel {
  return LOG_LEVELS[values['log-level']] ?? 'info';
}
