import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return freePortOn('127.0.0.1');
}

/** The same on another address of this machine. */
export async function freePortOn(host: string): Promise<number> {
  const probe = createServer().listen(0, host);
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
