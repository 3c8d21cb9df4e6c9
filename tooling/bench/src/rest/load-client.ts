/** A process of its own: `node load-client.ts '<LoadOrder as JSON>'` sends and prints one line, a LoadResult. */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { benchJob } from '../load-jobs.ts';
import { percentile } from '../table.ts';
import type { LoadOrder, LoadResult } from './load.ts';

const CREATED = 201;
const HEADER_END = Buffer.from('\r\n\r\n');

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
let next = 0;
const requests = order.jobs === undefined ? [getRequest(order.path)] : jobRequests(order.jobs);
const writes = order.writes === undefined ? [] : jobRequests(order.writes);
await run(order.warmUp, []);
const latenciesMs: number[] = [];
const cpuBefore = process.cpuUsage();
const start = performance.now();
const sent = await run(order.count, latenciesMs);
// Writes between the reads are not counted: then only the time of the reads is.
const tookMs = writes.length === 0 ? performance.now() - start : latenciesMs.reduce((sum, one) => sum + one, 0);
const seconds = tookMs / 1_000;
const { user, system } = process.cpuUsage(cpuBefore);
const result: LoadResult = {
  rate: sent / seconds,
  p50Ms: percentile(latenciesMs, 0.5),
  p99Ms: percentile(latenciesMs, 0.99),
  maxMs: percentile(latenciesMs, 1),
  clientCpuUs: (user + system) / sent,
};
process.stdout.write(`${JSON.stringify(result)}\n`);

function getRequest(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
}

/** Made before the clock starts. */
function jobRequests({ from, until, owner }: NonNullable<LoadOrder['jobs']>): Buffer[] {
  return Array.from({ length: until - from }, (_, i) => {
    const body = JSON.stringify({ ...benchJob(from + i), owner });
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json`;
    return Buffer.from(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
}

/** Sends `count` requests, one under way per connection. @returns how many were answered */
async function run(count: number, latencies: number[]): Promise<number> {
  let left = count;
  let done = 0;
  const pauseMs = order.perSecond === undefined ? 0 : (1_000 * order.connections) / order.perSecond;
  const lane = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(order.port, '127.0.0.1');
      socket.setNoDelay(true);
      let missing = 0;
      let isWrite = false;
      let sentAt = 0;
      const send = (): void => {
        if (!isWrite && left-- <= 0) {
          socket.destroy();
          resolve();
          return;
        }
        isWrite = writes.length > 0 && !isWrite;
        sentAt = performance.now();
        if (isWrite) socket.write(writes[left % writes.length]!);
        else socket.write(requests[next++ % requests.length]!);
      };
      socket.on('connect', send);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        if (missing === 0) missing = answerLength(chunk, isWrite ? CREATED : order.status);
        missing -= chunk.length;
        if (missing > 0) return;
        missing = 0;
        if (isWrite) return send();
        done += 1;
        latencies.push(performance.now() - sentAt);
        if (pauseMs === 0) send();
        else setTimeout(send, Math.max(0, pauseMs - (performance.now() - sentAt)));
      });
    });
  await Promise.all(Array.from({ length: order.connections }, lane));
  return done;
}

/** Length of a whole answer whose head came in one chunk. Throws for another status than the expected one. */
function answerLength(chunk: Buffer, status: number): number {
  const end = chunk.indexOf(HEADER_END);
  const head = chunk.toString('latin1', 0, end);
  const length = /\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (end < 0 || length === undefined || head.slice(9, 12) !== String(status)) throw new Error(head);
  return end + HEADER_END.length + Number(length);
}
