import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that systems give to outgoing connections, which would take ours between the look and the use. */
const FIRST = 12_000;
const LAST = 32_000;
const TRIES = 200;

const given = new Set<number>();

/** A port of loopback, free for TCP and UDP a moment ago. */
export function freePort(): Promise<number> {
  return freePortOn('127.0.0.1');
}

/**
 * The same on another address of this machine. Drawn at random, so that processes which look at the same time seldom
 * meet, and never twice in one process.
 */
export async function freePortOn(host: string): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    if ((await takesStreams(port, host)) && (await takesPackets(port, host))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port of ${host} in ${FIRST}–${LAST} after ${TRIES} tries`);
}

async function takesStreams(port: number, host: string): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

async function takesPackets(port: number, host: string): Promise<boolean> {
  const probe = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    probe.bind(port, host);
    await once(probe, 'listening');
  } catch {
    return false;
  } finally {
    probe.close();
  }
  return true;
}
