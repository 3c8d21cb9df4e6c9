import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { Logger } from '@dkron/runtime';
import { DkronError, noMetrics } from '@dkron/runtime';
import { consoleLogger, onStopSignals, systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { AgentModule } from './agent-module.ts';
import { AgentNode } from './agent-node.ts';
import type { AgentOptions } from './options.ts';

/** For closing after a failure. */
const ABANDON_MS = 5_000;

/**
 * Runs an agent until SIGINT or SIGTERM: then it takes no more work, waits for what runs, and leaves. A second signal
 * ends it at once.
 *
 * @returns the exit code: 0 after an orderly stop, 1 when it could not start or go on (the reason is logged)
 */
export async function runAgent(options: AgentOptions): Promise<number> {
  const logger = consoleLogger({ level: options.logLevel, format: options.logFormat });
  const ended = Promise.withResolvers<number>();
  const onFatal = (error: Error): void => {
    logger.error(`agent: cannot go on: ${error.message}`);
    ended.resolve(1);
  };
  const ambient = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics: noMetrics };
  const context = await NestFactory.createApplicationContext(AgentModule.with(options, ambient, { onFatal }), {
    logger: false,
    abortOnError: false,
  });
  const node = context.get(AgentNode);
  try {
    await node.start();
  } catch (error) {
    logStartFailure(logger, error);
    return 1;
  }
  const unhook = onSignals(logger, options, { node, end: ended.resolve });
  const code = await ended.promise;
  if (code !== 0) {
    // What cannot be closed any more must not keep an agent alive that has given up.
    setTimeout(() => process.exit(code), ABANDON_MS).unref();
    await node.stop(0).catch((error: unknown) => logger.error('agent: closing failed', { error }));
  }
  unhook();
  await context.close();
  return code;
}

function logStartFailure(logger: Logger, error: unknown): void {
  if (error instanceof DkronError) logger.error(`agent: ${error.message}`);
  else logger.error('agent: start failed', { error });
}

function onSignals(
  logger: Logger,
  { stopTimeout }: AgentOptions,
  { node, end }: { readonly node: AgentNode; readonly end: (code: number) => void },
): () => void {
  return onStopSignals({
    stop: (signal) => {
      logger.info('agent: stopping', { signal, wait_ms: stopTimeout });
      node.stop().then(
        () => end(0),
        (error: unknown) => {
          logger.error('agent: stop failed', { error });
          end(1);
        },
      );
    },
    end: (signal) => {
      logger.warn('agent: second signal, ending at once', { signal });
      end(1);
    },
  });
}
