import type { Timers } from '@dkron/runtime';
import { failed } from '../results.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult } from '../types.ts';
import { type ConfigSchema, secretsOf, warnOfUnknownKeys } from './config-schema.ts';
import { limitedAttempt, type LimitedAttempt } from './limited-attempt.ts';

/** What the attempts of an executor have in common. */
export interface AttemptKind {
  readonly configSchema: ConfigSchema;
  readonly timers: Timers;
  /**
   * Limit of the executor's own key, in milliseconds; 0 = none.
   *
   * @throws AttemptError
   */
  readTimeoutMs(config: ExecuteRequest['config']): number;
  /** Error text when that one strikes. @default as that of the attempt's limit */
  readonly ownTimeoutText?: string;
  /** Secrets beside the keys of the schema that are. */
  partsOfSecrets?(config: ExecuteRequest['config']): readonly string[];
}

/** What the work of a configured attempt may use. */
export interface ConfiguredAttempt extends LimitedAttempt {
  /** Limit of the executor's own key; 0 = none. */
  readonly ownTimeoutMs: number;
  /** Adds texts that no error may show. */
  hide(secrets: readonly string[]): void;
}

/** `limitedAttempt` with the limit and the secrets of the configuration; keys that mean nothing are named in the log. */
export async function configuredAttempt(
  request: ExecuteRequest,
  context: ExecuteContext,
  kind: AttemptKind,
  work: (attempt: ConfiguredAttempt) => Promise<void>,
): Promise<ExecuteResult> {
  const { config } = request;
  const { configSchema, timers, ownTimeoutText } = kind;
  let ownTimeoutMs: number;
  try {
    ownTimeoutMs = kind.readTimeoutMs(config);
  } catch (error) {
    return failed((error as Error).message);
  }
  const secrets = [...secretsOf(configSchema, config), ...(kind.partsOfSecrets?.(config) ?? [])];
  const limits = { timers, ownTimeoutMs, secrets, ...(ownTimeoutText !== undefined && { ownTimeoutText }) };
  return limitedAttempt(request, context, limits, (attempt) => {
    warnOfUnknownKeys(configSchema, config, context.logger);
    return work({ ...attempt, ownTimeoutMs, hide: (more) => void secrets.push(...more) });
  });
}
