import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLIENT = fileURLToPath(new URL('load-client.ts', import.meta.url));
/** Of the clock in /proc. */
const TICK_US = 10_000;
const run = promisify(execFile);

/** What the load generator is told. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  /** Keep-alive connections, each with one request under way. */
  readonly connections: number;
  readonly warmUp: number;
  readonly count: number;
  /** Status that every answer must have. */
  readonly status: number;
  /** Send these jobs by POST, one after the other; otherwise GET. */
  readonly jobs?: { readonly from: number; readonly until: number; readonly owner: string };
  /** Replace one of these jobs before each GET, on the same connection; only the reads are measured. One connection. */
  readonly writes?: { readonly from: number; readonly until: number; readonly owner: string };
  /** Pace over all connections. Default: as fast as answers come. */
  readonly perSecond?: number;
}

export interface LoadResult {
  /** Requests per second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly clientCpuUs: number;
}

/** A result with the server's own cost: user and system time of the whole process, per request. */
export interface Measured extends LoadResult {
  readonly serverCpuUs: number;
}

/** Runs the load generator in a process of its own. */
export async function load(order: LoadOrder, serverPid: number): Promise<Measured> {
  const before = cpuUs(serverPid);
  const { stdout } = await run(process.execPath, [CLIENT, JSON.stringify(order)]);
  const serverCpuUs = (cpuUs(serverPid) - before) / (order.count + order.warmUp);
  return { ...(JSON.parse(stdout) as LoadResult), serverCpuUs };
}

function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
