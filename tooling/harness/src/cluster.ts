import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI, freePortOn, ServerProcess } from './server-process.ts';

/** Where a server of a cluster listens. */
export interface Addresses {
  readonly host: string;
  readonly http: number;
  readonly gossip: number;
  readonly rpc: number;
}

export interface ClusterOptions {
  /** One server each. */
  readonly names: readonly string[];
  /** @default the number of servers */
  readonly bootstrapExpect?: number;
  /** Flags of all servers. */
  readonly args?: readonly string[];
  /** Flags of single servers, after those of all. */
  readonly argsOf?: (name: string) => readonly string[];
}

/** Members of one cluster on addresses of this machine's loopback, each with a data folder that is kept over restarts. */
export class ProcessCluster {
  readonly options: ClusterOptions;
  readonly folder: string;
  readonly #addresses = new Map<string, Addresses>();
  readonly #running = new Map<string, ServerProcess>();
  readonly #all = new Set<ServerProcess>();
  readonly #extra = new Map<string, readonly string[]>();

  private constructor(options: ClusterOptions, folder: string) {
    this.options = options;
    this.folder = folder;
  }

  /** Draws the addresses; starts nothing. */
  static async prepare(options: ClusterOptions): Promise<ProcessCluster> {
    const cluster = new ProcessCluster(options, await mkdtemp(join(tmpdir(), 'dkron-cluster-')));
    for (const name of options.names) await cluster.readdress(name);
    return cluster;
  }

  get names(): readonly string[] {
    return this.options.names;
  }

  /** Gives a server that does not run another address and other ports. */
  async readdress(name: string): Promise<Addresses> {
    const host = nextHost();
    const addresses = {
      host,
      http: await freePortOn(host),
      gossip: await freePortOn(host),
      rpc: await freePortOn(host),
    };
    this.#addresses.set(name, addresses);
    return addresses;
  }

  addressesOf(name: string): Addresses {
    const addresses = this.#addresses.get(name);
    if (addresses === undefined) throw new Error(`there is no server ${name}`);
    return addresses;
  }

  rpcAddressOf(name: string): string {
    const { host, rpc } = this.addressesOf(name);
    return `${host}:${rpc}`;
  }

  dataDirOf(name: string): string {
    return join(this.folder, name);
  }

  /** A running server. */
  server(name: string): ServerProcess {
    const server = this.#running.get(name);
    if (server === undefined) throw new Error(`${name} does not run`);
    return server;
  }

  runs(name: string): boolean {
    return this.#running.has(name);
  }

  /**
   * Starts a server and does not wait for anything. All get the same join targets: those of every server.
   * @param args - further flags of this start and later ones
   */
  async launch(name: string, args?: readonly string[]): Promise<ServerProcess> {
    if (args !== undefined) this.#extra.set(name, args);
    const { host, http, gossip, rpc } = this.addressesOf(name);
    const { bootstrapExpect = this.names.length, args: common = [], argsOf } = this.options;
    const targets = [...this.#addresses.values()].map((at) => `--retry-join=${at.host}:${at.gossip}`);
    const server = await ServerProcess.launch({
      dataDir: this.dataDirOf(name),
      nodeName: name,
      bootstrapExpect,
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

  /** Ends everything and removes the data. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((server) => server.kill()));
    await rm(this.folder, { recursive: true, force: true });
  }
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

let hosts = 0;

/** Another address of loopback each time, as machines have their own; where there is only one, that one. */
function nextHost(): string {
  hosts += 1;
  if (process.platform !== 'linux') return '127.0.0.1';
  // By process, as tests run next to each other.
  return `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}.${1 + (hosts % 250)}`;
}
