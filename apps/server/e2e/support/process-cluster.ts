import type { ClusterOptions } from '@dkron/harness';
import { ProcessCluster, runCli } from '@dkron/harness';
import { Api, until } from './api.ts';

const clusters: ProcessCluster[] = [];

/** Addresses of a cluster of real processes; nothing runs yet. */
export async function prepareCluster(options: ClusterOptions): Promise<ProcessCluster> {
  const cluster = await ProcessCluster.prepare({
    ...options,
    args: ['--disable-usage-stats', ...(options.args ?? [])],
  });
  clusters.push(cluster);
  return cluster;
}

/** For `afterEach`. */
export async function closeClusters(): Promise<void> {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
}

export function apiOf(cluster: ProcessCluster, name: string): Api {
  return new Api(cluster.server(name).url);
}

/** Status of an answer, 0 while nobody answers. */
export async function statusOf(cluster: ProcessCluster, name: string, path: string): Promise<number> {
  if (!cluster.runs(name)) return 0;
  return fetch(cluster.server(name).url + path).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.status;
    },
    () => 0,
  );
}

/** Who leads. Rejects with what the servers wrote when nobody does for long. */
export async function leaderOf(cluster: ProcessCluster): Promise<string> {
  return await patiently(cluster, 'a leader', async () => {
    for (const name of cluster.names) if ((await statusOf(cluster, name, '/v1/isleader')) === 200) return name;
    return undefined;
  });
}

/** The leader, once all running servers know it. */
export async function ready(cluster: ProcessCluster): Promise<string> {
  const leader = await leaderOf(cluster);
  for (const name of cluster.names.filter((one) => cluster.runs(one))) {
    await patiently(
      cluster,
      `${name} knows a leader`,
      async () => (await statusOf(cluster, name, '/v1/leader')) === 200,
    );
  }
  return leader;
}

export function followersOf(cluster: ProcessCluster, leader: string): string[] {
  return cluster.names.filter((name) => name !== leader && cluster.runs(name));
}

/** As {@link until}; failing, it shows what the servers wrote. */
export async function patiently<T>(
  cluster: ProcessCluster,
  what: string,
  ask: () => Promise<T | undefined | false>,
  withinMs = 150_000,
): Promise<T> {
  const running = (): string[] => cluster.names.filter((name) => cluster.runs(name));
  const asked = async (): Promise<T | undefined | false> => {
    const dead = running().filter((name) => cluster.server(name).ended);
    if (dead.length > 0) throw new Error(`${what}: ${dead.join()} ended`);
    return await ask();
  };
  try {
    return await until(what, asked, withinMs);
  } catch (error) {
    const logs = running().map((name) => `--- ${name}\n${cluster.server(name).log.slice(-4_000)}`);
    throw new Error(`${(error as Error).message}\n${logs.join('\n')}`, { cause: error });
  }
}

export interface Peer {
  readonly id: string;
  readonly address: string;
  readonly state: string;
  readonly voter: string;
}

/** What `dkron raft list-peers` says, asked of one server. */
export async function peersOf(cluster: ProcessCluster, name: string): Promise<Peer[]> {
  const { code, stdout, stderr } = await runCli(['raft', 'list-peers', `--rpc-addr=${cluster.rpcAddressOf(name)}`]);
  if (code !== 0) throw new Error(stderr);
  const [, ...rows] = stdout.trimEnd().split('\n');
  return rows.map((row) => {
    const [, id = '', address = '', state = '', voter = ''] = row.split(/ {2,}/);
    return { id, address, state, voter };
  });
}

/** Waits until these servers vote, and no others do, as one of them says. */
export async function untilVoters(cluster: ProcessCluster, asked: string, names: readonly string[]): Promise<void> {
  await patiently(cluster, `voters ${names.join()}`, async () => {
    const voting = (await peersOf(cluster, asked)).filter(({ voter }) => voter === 'true').map(({ id }) => id);
    return voting.toSorted().join() === names.toSorted().join();
  });
}
