import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerProcess } from '@dkron/harness';
import { debianProgram } from './peer.ts';

const BUSYBOX = '/bin/busybox';
const CALL_MS = 60_000;
const PROGRAMS = ['sh', 'cat', 'sleep', 'echo', 'id', 'pwd', 'tail', 'yes', 'head', 'kill', 'touch'];

/** The engine that is here, or one of Debian's started for this run; images are made of busybox. */
export class DockerPeer {
  readonly host: string;
  readonly #folder: string;
  readonly #own: PeerProcess | undefined;

  private constructor(host: string, folder: string, own: PeerProcess | undefined) {
    this.host = host;
    this.#folder = folder;
    this.#own = own;
  }

  /** @returns why there is none, when there is none */
  static async find(): Promise<DockerPeer | string> {
    if (!debianProgram('docker', 'docker.io')) return 'no docker here (apt-get install docker.io)';
    if (!existsSync(BUSYBOX) && !debianProgram('busybox', 'busybox-static')) return 'no busybox for images';
    const folder = mkdtempSync(join(tmpdir(), 'dkron-docker-'));
    const given =
      process.env['DOCKER_HOST'] || (existsSync('/var/run/docker.sock') ? 'unix:///var/run/docker.sock' : '');
    if (given !== '') return new DockerPeer(given, folder, undefined);
    if (process.getuid?.() !== 0) return 'no engine answers, and only root can start one';
    const host = `unix://${join(folder, 'socket')}`;
    const own = new PeerProcess('dockerd', [
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'pid')}`,
      `--host=${host}`,
      // The machine's own rules and bridges stay as they are.
      '--iptables=false',
      '--bridge=none',
    ]);
    const peer = new DockerPeer(host, folder, own);
    try {
      await peer.start();
      return peer;
    } catch (error) {
      return `the engine did not start: ${(error as Error).message.slice(-300)}`;
    }
  }

  get own(): boolean {
    return this.#own !== undefined;
  }

  start(): Promise<void> {
    return this.#own!.start(() => this.docker('info').status === 0);
  }

  /** As a crash of the engine: containers stay. */
  async kill(): Promise<void> {
    await this.#own!.kill();
    // Its containerd ends with it; where nobody reaps that process, the next engine would wait for it.
    rmSync(join(this.#folder, 'exec/containerd/containerd.pid'), { force: true });
  }

  /** Runs Docker's own client. */
  docker(...args: string[]): { readonly stdout: string; readonly status: number | null } {
    const env = { ...process.env, DOCKER_HOST: this.host };
    const { stdout, status } = spawnSync('docker', args, { env, encoding: 'utf8', timeout: CALL_MS });
    return { stdout, status };
  }

  makeImage(name: string): void {
    const root = join(this.#folder, 'root');
    mkdirSync(join(root, 'bin'), { recursive: true });
    mkdirSync(join(root, 'tmp'), { recursive: true });
    copyFileSync(BUSYBOX, join(root, 'bin/busybox'));
    for (const program of PROGRAMS) symlinkSync('busybox', join(root, 'bin', program));
    const archive = join(this.#folder, 'root.tar');
    spawnSync('tar', ['-C', root, '-cf', archive, '.']);
    const { status } = this.docker('import', archive, name);
    if (status !== 0) throw new Error('no image could be made');
  }

  async stop(): Promise<void> {
    await this.#own?.kill('SIGTERM');
    if (this.own) this.#endShims();
    // A crashed engine leaves the file systems of its containers where they were.
    for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
      const [, at = ''] = line.split(' ');
      if (at.startsWith(`${this.#folder}/`)) spawnSync('umount', ['-l', at]);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What keeps a container outlives a crashed engine, and the next one does not always find all of them. */
  #endShims(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        if (words.some((word) => word.startsWith(`${this.#folder}/`))) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}
