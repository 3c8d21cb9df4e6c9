import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Timers } from '@dkron/runtime';
import { SinkFailure } from '../sink.ts';

/** What a datagram can carry over IPv4, less a header. */
export const DATAGRAM_MAX = 65_000;
/** A machine without a listener says so at once, or never. */
const REFUSAL_MS = 50;

/** One datagram. Nobody acknowledges it; only that nobody listens may be heard. */
export async function sendUdp(
  { host, port }: { readonly host: string; readonly port: number },
  message: Uint8Array,
  { signal, timers }: { readonly signal: AbortSignal; readonly timers: Timers },
): Promise<void> {
  try {
    const { address, family } = await lookup(host);
    signal.throwIfAborted();
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('error', reject);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        socket.connect(port, address, () => {
          socket.send(message, (error) => (error ? reject(error) : timers.after(REFUSAL_MS, resolve)));
        });
      });
    } finally {
      socket.close();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new SinkFailure(`udp ${host}:${port}`, { cause: error, passing: true });
  }
}
