import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { percentile } from '../table.ts';
import type { LoadOrder, LoadResult } from './proposers.ts';
import { grpcFrame, putRequest } from './put-request.ts';

const run = promisify(execFile);
/** Streams on one connection; more connections above that. */
const MAX_STREAMS = 128;

/** Puts over gRPC by nghttp2's h2load, an HTTP/2 client in C: real frames, little cost on the client's side. */
export async function h2load(folder: string, port: number, order: LoadOrder): Promise<LoadResult> {
  const body = join(folder, 'put.grpc');
  const log = join(folder, 'requests.log');
  writeFileSync(body, grpcFrame(putRequest(order.bytes)));
  const connections = Math.ceil(order.inFlight / MAX_STREAMS);
  const args = ['-c', String(connections), '-m', String(order.inFlight / connections)];
  args.push('-D', `${order.measureMs}ms`, `--warm-up-time=${order.warmMs}ms`, `--log-file=${log}`);
  args.push('-d', body, '-H', 'content-type: application/grpc', '-H', 'te: trailers');
  const { stdout } = await run('h2load', [...args, `http://127.0.0.1:${port}/etcdserverpb.KV/Put`]);
  const succeeded = Number(/(\d+) succeeded/.exec(stdout)?.[1]);
  const failed = Number(/(\d+) failed/.exec(stdout)?.[1]);
  if (!(succeeded > 0) || failed > 0) throw new Error(`h2load: ${stdout}`);
  const latencies = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(line.split('\t')[2]) / 1000);
  rmSync(log);
  return {
    rate: (succeeded * 1000) / order.measureMs,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  };
}
