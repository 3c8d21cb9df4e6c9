import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeNetwork, Place } from '@dkron/harness';
import { namespacesIfPermitted } from '@dkron/harness';
import { KvProcess } from './kv-process.ts';
import type { ServerConfig, ServerStatus } from './protocol.ts';

export interface ClusterOptions {
  readonly nodes: number;
  /** Whether namespaces are wanted; without the right to make them the cluster says so and uses loopback. */
  readonly namespaces: boolean;
  readonly snapshots?: Exclude<ServerConfig['snapshots'], undefined>;
}

const POLL_MS = 20;
const BOOTSTRAP_MS = 10_000;

/** Servers in processes of their own, founded and ready. */
export class Cluster {
  readonly servers: readonly KvProcess[];
  readonly network: NodeNetwork;
  readonly dir: string;
  #closed = false;

  private constructor(servers: readonly KvProcess[], network: NodeNetwork, dir: string) {
    this.servers = servers;
    this.network = network;
    this.dir = dir;
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const network = await namespacesIfPermitted(options.namespaces);
    const dir = mkdtempSync(join(tmpdir(), 'raft-chaos-'));
    const cluster = new Cluster(await makeServers(options, network, dir), network, dir);
    const leave = (): void => cluster.#closeNow(true);
    process.once('exit', leave);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
    await Promise.all(cluster.servers.map((server) => server.start()));
    const members: { id: string; birth: string }[] = [];
    for (const server of cluster.servers) {
      const { ok } = await server.request({ op: 'status' }, BOOTSTRAP_MS);
      members.push({ id: server.id, birth: (ok as ServerStatus).birth });
    }
    for (const server of cluster.servers) {
      const { error } = await server.request({ op: 'bootstrap', members }, BOOTSTRAP_MS);
      if (error !== undefined) throw new Error(`bootstrap of ${server.id}: ${error}`);
    }
    return cluster;
  }

  get(id: string | undefined): KvProcess | undefined {
    return this.servers.find((server) => server.id === id);
  }

  /** The server that says it leads, if one does now. */
  async leader(): Promise<KvProcess | undefined> {
    const statuses = await Promise.all(this.servers.map((server) => server.status()));
    return this.servers.find((_, i) => statuses[i]?.isLeader === true);
  }

  async waitForLeader(timeoutMs: number): Promise<KvProcess> {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(POLL_MS)) {
      const leader = await this.leader();
      if (leader !== undefined) return leader;
    }
    throw new Error(`no leader within ${timeoutMs} ms`);
  }

  /** Waits until all servers have applied the same. Returns their statuses, or undefined if they do not get there. */
  async converge(timeoutMs: number): Promise<readonly ServerStatus[] | undefined> {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(10 * POLL_MS)) {
      const statuses = await Promise.all(this.servers.map((server) => server.status()));
      const known = statuses.filter((status) => status !== undefined);
      const leads = known.some(({ isLeader }) => isLeader);
      if (known.length < this.servers.length || !leads) continue;
      if (known.every(({ applied }) => applied === known[0]?.applied)) return known;
    }
    return undefined;
  }

  /** Ends everything. @param keep - leaves the folder, to be looked at */
  async close(keep = false): Promise<void> {
    for (const server of this.servers) server.resume();
    await Promise.all(this.servers.map((server) => server.kill()));
    this.#closeNow(!keep);
  }

  #closeNow(removeDir: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { pid } of this.servers) if (pid !== undefined) process.kill(pid, 'SIGKILL');
    this.network.close();
    if (removeDir) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeServers(options: ClusterOptions, network: NodeNetwork, dir: string): Promise<KvProcess[]> {
  const ids = Array.from({ length: options.nodes }, (_, i) => `n${i + 1}`);
  const places = new Map<string, Place & { readonly port: number }>();
  const peers: Record<string, string> = {};
  for (const id of ids) {
    const place = await network.place(id);
    const port = await network.freePort(place.host);
    places.set(id, { ...place, port });
    peers[id] = `${place.host}:${port}`;
  }
  return [...places].map(([id, { host, port, prefix }]) => {
    const base = { id, dir: join(dir, id), socket: join(dir, `${id}.sock`), host, port, peers };
    const { snapshots } = options;
    return new KvProcess(snapshots === undefined ? base : { ...base, snapshots }, prefix);
  });
}
