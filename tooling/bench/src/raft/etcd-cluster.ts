import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '@dkron/harness';
import { systemTimers } from '@dkron/runtime/system';

interface Server {
  readonly child: ChildProcess;
  readonly clientPort: number;
}

export interface EtcdCounters {
  readonly committed: number;
  readonly walSyncs: number;
  readonly leads: boolean;
}

/** Three etcd servers with their defaults on the loopback interface; a larger quota only keeps long runs from filling it. */
export class EtcdCluster {
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
  }

  static async start(folder: string): Promise<EtcdCluster> {
    const ports = await Promise.all(Array.from({ length: 6 }, freePort));
    const url = (port: number | undefined): string => `http://127.0.0.1:${port}`;
    const names = ['n0', 'n1', 'n2'];
    const all = names.map((name, i) => `${name}=${url(ports[i + 3])}`).join(',');
    const servers = names.map((name, i): Server => {
      const client = url(ports[i]);
      const peer = url(ports[i + 3]);
      const args = ['--name', name, '--data-dir', join(folder, name), '--log-level', 'error'];
      args.push('--listen-client-urls', client, '--advertise-client-urls', client);
      args.push('--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer);
      args.push('--initial-cluster', all, '--quota-backend-bytes', String(8 * 2 ** 30));
      return { child: spawn('etcd', args, { stdio: 'ignore' }), clientPort: ports[i]! };
    });
    const cluster = new EtcdCluster(servers);
    await cluster.#leader();
    return cluster;
  }

  get pids(): number[] {
    return this.#servers.map(({ child }) => child.pid ?? 0);
  }

  async leaderPid(): Promise<number> {
    return (await this.#leader()).child.pid ?? 0;
  }

  async leaderPort(): Promise<number> {
    return (await this.#leader()).clientPort;
  }

  async counters(): Promise<EtcdCounters> {
    return countersOf(await this.#leader());
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.map(async ({ child }) => {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }

  async #leader(): Promise<Server> {
    for (let tries = 0; tries < 300; tries++) {
      for (const server of this.#servers) {
        const counters = await countersOf(server).catch(() => undefined);
        if (counters?.leads === true) return server;
      }
      await systemTimers.sleep(100);
    }
    throw new Error('etcd: no leader within 30 s');
  }
}

async function countersOf({ clientPort }: Server): Promise<EtcdCounters> {
  const text = await (await fetch(`http://127.0.0.1:${clientPort}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    committed: value('etcd_server_proposals_committed_total'),
    walSyncs: value('etcd_disk_wal_fsync_duration_seconds_count'),
    leads: value('etcd_server_is_leader') === 1,
  };
}
