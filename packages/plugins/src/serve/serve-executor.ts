import { ServerCredentials } from '@grpc/grpc-js';
import type { ServedExecutor } from './contracts.ts';
import { executorServer } from './executor-services.ts';
import { pluginLife, refuseToStart } from './plugin-life.ts';

/**
 * Makes this process an executor plugin, for the original's agents and ours. Resolves when a host can connect; the
 * process ends when the host says so, or is gone. Started by hand it says what it is and ends with code 1.
 */
export async function serveExecutor(executor: ServedExecutor): Promise<void> {
  try {
    const life = pluginLife();
    const server = executorServer(executor, life);
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${life.address}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      );
    });
    life.announce('grpc');
  } catch (error) {
    refuseToStart(error);
  }
}
