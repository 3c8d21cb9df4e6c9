import { createSocket } from 'node:dgram';
import type { BenchProcess } from './peer.ts';

/** What answering cost the other process. */
export interface FloodResult {
  readonly perSecond: number;
  readonly cpuNanosEach: number;
}

/** Packets on their way at a time: enough to keep the other busy, few enough that none is dropped. */
const WINDOW = 64;
/** Lost packets would stop a flood that only answers: this starts it again. */
const REFILL_MS = 100;

/** Sends packets to a process as fast as it answers them. */
export async function flood(target: BenchProcess, packets: readonly Uint8Array[], forMs: number): Promise<FloodResult> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (address, _options, done) => done(null, address, 4),
    recvBufferSize: 1 << 21,
  });
  await new Promise<void>((resolve) => socket.bind(0, target.place.ip, resolve));
  const { ip, port } = target.place;
  let next = 0;
  let answered = 0;
  const send = (): void => socket.send(packets[next++ % packets.length]!, port, ip);
  socket.on('message', () => {
    answered++;
    send();
  });
  for (let i = 0; i < WINDOW; i++) send();
  await new Promise((resolve) => setTimeout(resolve, forMs / 4)); // Warm up.
  let before = answered;
  const refill = setInterval(() => {
    if (answered === before) for (let i = 0; i < WINDOW; i++) send();
    before = answered;
  }, REFILL_MS);
  const [startAnswered, startCpu, startMs] = [answered, target.cpuNanos(), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const [count, cpu, tookMs] = [answered - startAnswered, target.cpuNanos() - startCpu, performance.now() - startMs];
  clearInterval(refill);
  socket.close();
  return { perSecond: (count / tookMs) * 1000, cpuNanosEach: cpu / count };
}
