import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostPort, type Peer, type PeerOptions, type SeenMember } from './peer.ts';

const run = promisify(execFile);
const RPC_PORT_OFFSET = 1000;
const HERTZ = 100;
const TRIES = 100;
const PAUSE_MS = 100;

/** Whether Debian's `serf` is here. */
export function hasSerf(): boolean {
  return spawnSync('serf', ['version']).status === 0;
}

/** As root, on a system with apt. A mirror that does not answer costs two minutes at most. */
export function installSerf(): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const patience = ['-o', 'Acquire::http::Timeout=10', '-o', 'Acquire::https::Timeout=10', '-o', 'Acquire::Retries=1'];
  const apt = (args: readonly string[]): void => {
    spawnSync('apt-get', [...args, '-qq', ...patience], { stdio: 'ignore', env, timeout: 60_000 });
  };
  // Lists that are only old may do as well.
  apt(['update']);
  apt(['install', '-y', '--no-install-recommends', 'serf']);
  return hasSerf();
}

/** An agent of Debian's Serf. */
export class SerfPeer implements Peer {
  readonly name: string;
  readonly kind = 'serf';
  readonly #options: PeerOptions;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #log = '';

  /** @param folder - for its configuration and what it hears */
  constructor(options: PeerOptions, folder: string) {
    this.name = options.name;
    this.#options = options;
    this.#folder = folder;
  }

  get address(): string {
    return hostPort(this.#options);
  }

  get snapshotPath(): string {
    return this.#options.snapshotPath;
  }

  async start(): Promise<void> {
    const { name, profile, tags, key, compression, protocol, snapshotPath } = this.#options;
    const config = join(this.#folder, `${this.address}.json`);
    writeFileSync(this.#heardFile, '', { flag: 'a' });
    writeFileSync(
      config,
      JSON.stringify({
        node_name: name,
        bind: this.address,
        rpc_addr: this.#rpc,
        profile,
        tags,
        enable_compression: compression,
        snapshot_path: snapshotPath,
        log_level: 'info',
        ...(protocol !== undefined && { protocol }),
        ...(key !== undefined && { encrypt_key: key }),
        event_handlers: [
          `user=/bin/sh -c 'echo "$SERF_USER_EVENT $(cat)" >> ${this.#heardFile}'`,
          `query:who=/bin/sh -c 'echo "${name} says $(cat)"'`,
        ],
      }),
    );
    const child = spawn('serf', ['agent', `-config-file=${config}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    for (let left = TRIES; ; left--) {
      try {
        await this.members();
        return;
      } catch (error) {
        if (left === 0 || child.exitCode !== null)
          throw new Error(`${name} did not start: ${this.#log}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async join(address: string): Promise<void> {
    await this.serf('join', address);
  }

  async members(): Promise<readonly SeenMember[]> {
    const { members } = JSON.parse(await this.serf('members', '-format=json')) as {
      members: { name: string; addr: string; status: string; tags: Record<string, string> | null }[];
    };
    return members.map(({ name, addr, status, tags }) => ({ name, address: addr, status, tags: tags ?? {} }));
  }

  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.serf('tags', ...Object.entries(tags).flatMap(([name, value]) => ['-set', `${name}=${value}`]));
  }

  async userEvent(name: string, payload: string): Promise<void> {
    await this.serf('event', '-coalesce=false', name, payload);
  }

  async heard(): Promise<readonly string[]> {
    return readFileSync(this.#heardFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }

  async failures(): Promise<readonly string[]> {
    return this.#log.split('\n').filter((line) => /EventMemberFailed|\[ERR\]|Suspect \S+ has failed/.test(line));
  }

  async removeFailed(name: string): Promise<void> {
    await this.serf('force-leave', name);
  }

  /** Whether the process ended, and so whether it stopped by itself. */
  get hasExited(): boolean {
    return this.#process?.exitCode !== null;
  }

  async leave(): Promise<void> {
    const exited = this.#process && once(this.#process, 'exit');
    await this.serf('leave');
    await exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async cpuMs(): Promise<number> {
    const fields = readFileSync(`/proc/${this.#process?.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / HERTZ;
  }

  async end(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  get log(): string {
    return this.#log;
  }

  /** A command of Serf's own program against this agent. */
  async serf(command: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run('serf', [command, `-rpc-addr=${this.#rpc}`, ...args]);
    return stdout;
  }

  get #rpc(): string {
    const { ip, port } = this.#options;
    return hostPort({ ip, port: port + RPC_PORT_OFFSET });
  }

  get #heardFile(): string {
    return join(this.#folder, `${this.name}-heard`);
  }
}
