import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeNetwork } from '@dkron/harness';
import { loopbackNetwork, ProcessCluster, until, untilLed } from '@dkron/harness';

const LED_MS = 60_000;
const IN_FLIGHT = 64;
const SERVERS = ['s1', 's2', 's3'];

export interface BenchClusterOptions {
  /** Agents beside the three servers. */
  readonly agents: number;
  /** Further ones, `b1`, `b2`, …, that are not started yet. @default 0 */
  readonly laterAgents?: number;
  /** Executors do nothing. */
  readonly noop?: boolean;
  readonly args?: readonly string[];
  readonly serverArgs?: readonly string[];
  /** @default loopback */
  readonly network?: NodeNetwork;
}

/** Three servers and agents as a user starts them, on loopback. */
export async function startCluster(options: BenchClusterOptions): Promise<ProcessCluster> {
  const { agents, laterAgents = 0, noop = false, args = [], serverArgs = [] } = options;
  const { network = loopbackNetwork() } = options;
  const names = Array.from({ length: agents }, (_, i) => `a${i + 1}`);
  const later = Array.from({ length: laterAgents }, (_, i) => `b${i + 1}`);
  const preload = `--import=${new URL('noop-executor.ts', import.meta.url).href}`;
  const cluster = await ProcessCluster.prepare({
    names: SERVERS,
    agents: [...names, ...later],
    network,
    args: ['--log-level=warn', ...args],
    argsOf: (name) => {
      const isServer = SERVERS.includes(name);
      return [`--tag=pool=${isServer ? 'servers' : 'agents'}`, `--tag=name=${name}`, ...(isServer ? serverArgs : [])];
    },
    envOf: () => ({ NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', noop ? preload : ''].join(' ').trim() }),
  });
  try {
    const started = [...SERVERS, ...names];
    await cluster.launchAll(started);
    const leader = await untilLed(cluster, LED_MS);
    await until('all nodes', LED_MS, async () => {
      const members = (await (await fetch(`${cluster.server(leader).url}/v1/members`)).json()) as unknown[];
      return members.length === started.length ? true : undefined;
    });
    // Sessions of the workers follow the pool.
    await sleep(2_000);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** Sends requests, some at a time. @throws Error for another status */
export async function sendAll(
  url: string,
  requests: Iterable<{ readonly method: string; readonly path: string; readonly body?: object }>,
  status: number,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const pending = requests[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let one = pending.next(); one.done !== true; one = pending.next()) {
      const { method, path, body } = one.value;
      const answer = await exchange(agent, method, url + path, body);
      if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  } finally {
    agent.destroy();
  }
}

/** Plain `node:http`: `fetch` costs the shared cores several times as much. */
export function exchange(
  agent: Agent,
  method: string,
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const sent = request(url, { method, agent, headers: { 'content-length': bytes?.length ?? 0 } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(bytes);
  });
}

export function* range(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}
