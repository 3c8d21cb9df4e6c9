import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { configSchema } from './config-schema.ts';
import { runContainer } from './container-run.ts';
import { engineAddress } from './engine-address.ts';
import { Engine } from './engine.ts';
import { Leftovers } from './leftovers.ts';
import { readSettings, readTimeoutMs } from './settings.ts';

/** Settings of the `docker` executor; all have defaults. */
export interface DockerExecutorOptions {
  /** Where `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` are looked for. @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** What the `docker` executor is given. */
export interface DockerExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

/** Runs one container per attempt, by the socket of Docker's engine, and removes it. */
export function dockerExecutor(options: DockerExecutorOptions = {}, modules: DockerExecutorModules = {}): Executor {
  const timers = modules.timers ?? systemTimers;
  // oxlint-disable-next-line no-process-env -- the variables of Docker's own client
  const env = options.env ?? process.env;
  const leftovers = new Leftovers({ timers });
  return {
    name: 'docker',
    configSchema,
    execute: (request, context) => execute(request, context, { timers, env, leftovers }),
    close: () => Promise.resolve(leftovers.close()),
  };
}

interface Parts {
  readonly timers: Timers;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly leftovers: Leftovers;
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  { timers, env, leftovers }: Parts,
): Promise<ExecuteResult> {
  const { killGraceMs } = request;
  const { logger } = context;
  let exitCode: number | undefined;
  let gone: Promise<void> = Promise.resolve();
  const kind = { configSchema, timers, readTimeoutMs };
  const result = await configuredAttempt(request, context, kind, (attempt) => {
    const work = async (): Promise<void> => {
      const settings = readSettings(request);
      const engine = new Engine(engineAddress(env));
      exitCode = await runContainer(settings, attempt, { engine, timers, logger, leftovers, killGraceMs });
      if (exitCode !== 0) throw new AttemptError(`exit status ${exitCode}`, 'exit');
    };
    const running = work();
    gone = running.catch(() => {});
    return running;
  });
  // A stopped attempt is over when its container is.
  await gone;
  return exitCode !== undefined && (result.success || result.reason === 'exit') ? { ...result, exitCode } : result;
}
