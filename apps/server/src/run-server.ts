import { consoleLogger, onStopSignals } from '@dkron/runtime/system';
import { DkronError } from '@dkron/runtime';
import type { Logger } from '@dkron/runtime';
import type { ServerOptions } from './options.ts';
import type { ServerNode } from './server-node.ts';
import { startNode, StartStopped } from './server-node.ts';

/** For closing after a failure. */
const ABANDON_MS = 5_000;

/**
 * Runs a server until SIGINT or SIGTERM, then stops it in order; a second signal ends at once.
 * @returns the exit code: 0 after an orderly stop, 1 when it could not start or go on (the reason is logged)
 */
export async function runServer(options: ServerOptions): Promise<number> {
  const logger = consoleLogger({ level: options.logLevel, format: options.logFormat });
  const ended = Promise.withResolvers<number>();
  const onFatal = (error: Error): void => {
    logger.error('server: cannot go on', { error: error.message });
    ended.resolve(1);
  };
  const starting = new AbortController();
  let stop = (): void => starting.abort();
  let leave = (): void => starting.abort();
  // Until there is something to close in order.
  let end = (code: number): void => process.exit(code);
  const unhook = onSignals(logger, options, { stop: () => stop(), end: (code) => end(code) });
  let node: ServerNode;
  try {
    node = await startNode(options, logger, { onFatal, onLeave: () => leave(), signal: starting.signal });
  } catch (error) {
    unhook();
    if (error instanceof StartStopped) {
      logger.info('server: stopped before it was ready');
      return 0;
    }
    logStartFailure(logger, error);
    return 1;
  }
  end = ended.resolve;
  stop = stopOnce(logger, () => node.stop(), ended.resolve);
  leave = stopOnce(
    logger,
    () => {
      logger.info('server: leaving', { wait_ms: options.stopTimeout });
      return node.leave();
    },
    ended.resolve,
  );
  if (options.leaveOnTerminate) stop = leave;
  const code = await ended.promise;
  if (code !== 0) {
    // What cannot be closed any more must not keep a server alive that has given up.
    setTimeout(() => process.exit(code), ABANDON_MS).unref();
    await node.abandon().catch((error: unknown) => logger.error('server: closing failed', { error }));
  }
  unhook();
  return code;
}

function logStartFailure(logger: Logger, error: unknown): void {
  if (error instanceof DkronError) logger.error(`server: ${error.message}`);
  else logger.error('server: start failed', { error });
}

/** Stops the node in order, however often it is asked to. */
function stopOnce(logger: Logger, work: () => Promise<void>, end: (code: number) => void): () => void {
  let stopping: Promise<void> | undefined;
  return () => {
    stopping ??= work().then(
      () => end(0),
      (error: unknown) => {
        logger.error('server: stop failed', { error });
        end(1);
      },
    );
  };
}

interface Ends {
  readonly stop: () => void;
  readonly end: (code: number) => void;
}

function onSignals(logger: Logger, options: ServerOptions, { stop, end }: Ends): () => void {
  return onStopSignals({
    stop: (signal) => {
      logger.info('server: stopping', { signal, wait_ms: options.stopTimeout });
      stop();
    },
    end: (signal) => {
      logger.warn('server: second signal, ending at once', { signal });
      end(1);
    },
  });
}
