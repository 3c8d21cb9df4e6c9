import { createServer } from 'node:net';
import { GobTypeRegistry } from '../wire/gob/registry.ts';
import type { ServedProcessor } from './contracts.ts';
import { pluginLife, refuseToStart } from './plugin-life.ts';
import { ProcessorConnection } from './processor-connection.ts';

/** As {@link serveExecutor}, a processor plugin. */
export async function serveProcessor(processor: ServedProcessor): Promise<void> {
  try {
    const life = pluginLife();
    const registry = new GobTypeRegistry();
    const server = createServer((socket) => void new ProcessorConnection(socket, processor, registry, life));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(life.address, resolve);
    });
    life.announce('netrpc');
  } catch (error) {
    refuseToStart(error);
  }
}
