import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loopbackNetwork } from './network.ts';
import type { NodeNetwork } from './network.ts';
import { CLI, ServerProcess } from './server-process.ts';

/** Where a node of a cluster listens; an agent has no HTTP. */
export interface Addresses {
  readonly host: string;
  readonly prefix: readonly string[];
  readonly http: number;
  readonly gossip: number;
  readonly rpc: number;
}

export interface ClusterOptions {
  /** One server each. */
  readonly names: readonly string[];
  /** @default the number of servers */
  readonly bootstrapExpect?: number;
  /** Flags of all nodes. */
  readonly args?: readonly string[];
  /** Flags of single nodes, after those of all. */
  readonly argsOf?: (name: string) => readonly string[];
  /** Environment of single nodes. */
  readonly envOf?: (name: string) => Readonly<Record<string, string>>;
  /** Names of nodes that are no servers. @default none */
  readonly agents?: readonly string[];
  /** Where the nodes live; closed with the cluster. @default loopback */
  readonly network?: NodeNetwork;
}

const live = new Set<ProcessCluster>();
let hooked = false;

/** Members of one cluster on addresses of this machine's loopback, each with a data folder that is kept over restarts. */
export class ProcessCluster {
  readonly options: ClusterOptions;
  readonly folder: string;
  readonly network: NodeNetwork;
  readonly #addresses = new Map<string, Addresses>();
  readonly #running = new Map<string, ServerProcess>();
  readonly #all = new Set<ServerProcess>();
  readonly #extra = new Map<string, readonly string[]>();

  private constructor(options: ClusterOptions, folder: string) {
    this.options = options;
    this.folder = folder;
    this.network = options.network ?? loopbackNetwork();
  }

  /** Draws the addresses; starts nothing. */
  static async prepare(options: ClusterOptions): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(options, await mkdtemp(join(tmpdir(), 'dkron-cluster-')));
    live.add(cluster);
    if (!hooked) process.once('exit', closeAllNow);
    hooked = true;
    for (const name of cluster.nodes) await cluster.readdress(name);
    return cluster;
  }

  get names(): readonly string[] {
    return this.options.names;
  }

  get agents(): readonly string[] {
    return this.options.agents ?? [];
  }

  /** Servers, then agents. */
  get nodes(): readonly string[] {
    return [...this.names, ...this.agents];
  }

  /** Gives a node that does not run another address and other ports. */
  async readdress(name: string): Promise<Addresses> {
    const { host, prefix } = await this.network.place(name);
    const port = (): Promise<number> => this.network.freePort(host);
    const addresses = { host, prefix, http: await port(), gossip: await port(), rpc: await port() };
    this.#addresses.set(name, addresses);
    return addresses;
  }

  addressesOf(name: string): Addresses {
    const addresses = this.#addresses.get(name);
    if (addresses === undefined) throw new Error(`there is no node ${name}`);
    return addresses;
  }

  rpcAddressOf(name: string): string {
    const { host, rpc } = this.addressesOf(name);
    return `${host}:${rpc}`;
  }

  dataDirOf(name: string): string {
    return join(this.folder, name);
  }

  /** A running node. */
  server(name: string): ServerProcess {
    const server = this.#running.get(name);
    if (server === undefined) throw new Error(`${name} does not run`);
    return server;
  }

  runs(name: string): boolean {
    return this.#running.has(name);
  }

  /**
   * Starts a node and does not wait for anything. All get the same join targets: those of every server.
   * @param args - further flags of this start and later ones
   */
  async launch(name: string, args?: readonly string[]): Promise<ServerProcess> {
    if (args !== undefined) this.#extra.set(name, args);
    const { host, prefix, http, gossip, rpc } = this.addressesOf(name);
    const { bootstrapExpect = this.names.length, args: common = [], argsOf, envOf } = this.options;
    const servers = this.names.map((one) => this.addressesOf(one));
    const targets = servers.map((at) => `--retry-join=${at.host}:${at.gossip}`);
    const server = await ServerProcess.launch({
      dataDir: this.dataDirOf(name),
      nodeName: name,
      bootstrapExpect,
      role: this.names.includes(name) ? 'server' : 'agent',
      prefix,
      env: envOf?.(name) ?? {},
      host,
      port: http,
      gossipPort: gossip,
      rpcPort: rpc,
      args: [...targets, ...common, ...(argsOf?.(name) ?? []), ...(this.#extra.get(name) ?? [])],
    });
    this.#running.set(name, server);
    this.#all.add(server);
    return server;
  }

  async launchAll(names: readonly string[] = this.names): Promise<void> {
    for (const name of names) await this.launch(name);
  }

  /** SIGKILL. */
  async kill(name: string): Promise<void> {
    const server = this.server(name);
    this.#running.delete(name);
    await server.kill();
  }

  /** SIGTERM; its exit code. */
  stop(name: string): Promise<number> {
    const server = this.server(name);
    this.#running.delete(name);
    return server.stop();
  }

  /** Waits for the end of a server that ends by itself; its exit code. */
  async ended(name: string): Promise<number> {
    const server = this.server(name);
    const code = await server.exited();
    this.#running.delete(name);
    return code;
  }

  /** What a server is rebuilt without: its data. */
  async wipe(name: string): Promise<void> {
    await rm(this.dataDirOf(name), { recursive: true, force: true });
  }

  /** Ends everything at once and keeps the data: for an exit, where nothing can be waited for. */
  closeNow(): void {
    for (const server of this.#all) if (!server.ended) process.kill(server.pid, 'SIGKILL');
    this.network.close();
  }

  /** Ends everything and removes the data. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((server) => server.kill()));
    this.network.close();
    live.delete(this);
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A test or bench that fails leaves no node running. */
function closeAllNow(): void {
  for (const cluster of live) cluster.closeNow();
}

/** What one run of the command line printed. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end. */
export async function runCli(args: readonly string[]): Promise<CliRun> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 128, stdout, stderr };
}
