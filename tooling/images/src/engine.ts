import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, type Ran, run, type RunOptions } from './run.ts';

const READY_TRIES = 300;
const READY_PAUSE_MS = 100;
const STOP_MS = 20_000;
const DEBIAN = { docker: '/usr/bin/docker', dockerd: '/usr/sbin/dockerd' };
/** Docker's client needs a further program to build since this release. */
const NEEDS_BUILDX = 23;

/** An engine that runs images: the one that is here, or one started for this run. */
export class Engine {
  readonly #docker: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #daemon: ChildProcess | undefined;
  readonly #compose: readonly string[];
  /** Containers of an engine of our own have no way out; a build takes the machine's network. */
  readonly own: boolean;

  private constructor(
    docker: string,
    compose: readonly string[],
    env: Readonly<Record<string, string>>,
    daemon?: ChildProcess,
  ) {
    this.#docker = docker;
    this.#compose = compose;
    this.#env = env;
    this.#daemon = daemon;
    this.own = daemon !== undefined;
  }

  /** @returns why there is none, when there is none */
  static async find(folder: string, install: boolean): Promise<Engine | string> {
    for (const docker of ['docker', DEBIAN.docker]) {
      const compose = await composeOf(docker);
      if (compose && (await canBuild(docker)) && (await run(docker, ['info'])).code === 0) {
        return new Engine(docker, compose, {});
      }
    }
    if (process.getuid?.() !== 0) return 'no engine answers, and only root can start one';
    if (install && !(await installed())) await installPackages();
    if (!(await installed()))
      return 'no engine is here (apt-get install docker.io docker-compose iptables); see --install';
    return await Engine.#start(folder);
  }

  static async #start(folder: string): Promise<Engine | string> {
    const socket = join(folder, 'docker.sock');
    const log = join(folder, 'dockerd.log');
    const args = [
      `--data-root=${join(folder, 'data')}`,
      `--exec-root=${join(folder, 'exec')}`,
      `--pidfile=${join(folder, 'pid')}`,
      // The machine's own rules and bridges stay as they are.
      `--host=unix://${socket}`,
      '--iptables=false',
      '--bridge=none',
      '--default-address-pool=base=10.213.0.0/16,size=24',
    ];
    const output = openSync(log, 'a');
    const daemon = spawn(DEBIAN.dockerd, args, { stdio: ['ignore', output, output] });
    const env = { DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(folder, 'config') };
    const compose = (await composeOf(DEBIAN.docker)) ?? ['docker-compose'];
    for (let tries = 0; tries < READY_TRIES && daemon.exitCode === null; tries += 1) {
      if ((await run(DEBIAN.docker, ['info'], { env })).code === 0) {
        return new Engine(DEBIAN.docker, compose, env, daemon);
      }
      await sleep(READY_PAUSE_MS);
    }
    daemon.kill('SIGTERM');
    return `the engine did not start: ${readFileSync(log, 'utf8').slice(-1_000)}`;
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(this.#docker, args, { ...options, env: { ...this.#env, ...options.env } });
  }

  must(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return must(this.#docker, args, { ...options, env: { ...this.#env, ...options.env } });
  }

  /** Docker Compose, whichever form is here. */
  compose(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    const [program = '', ...first] = this.#compose;
    return must(program, [...first, ...args], { env: { ...this.#env, ...env } });
  }

  async stop(): Promise<void> {
    if (this.#daemon === undefined || this.#daemon.exitCode !== null) return;
    const ended = once(this.#daemon, 'exit');
    this.#daemon.kill('SIGTERM');
    await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    if (this.#daemon.exitCode === null) this.#daemon.kill('SIGKILL');
  }
}

async function canBuild(docker: string): Promise<boolean> {
  const { code, out } = await run(docker, ['--version']);
  if (code !== 0) return false;
  const major = Number(/version (\d+)/.exec(out)?.[1] ?? 0);
  return major < NEEDS_BUILDX || (await run(docker, ['buildx', 'version'])).code === 0;
}

async function composeOf(docker: string): Promise<readonly string[] | undefined> {
  if ((await run(docker, ['compose', 'version'])).code === 0) return [docker, 'compose'];
  return (await run('docker-compose', ['version'])).code === 0 ? ['docker-compose'] : undefined;
}

async function installed(): Promise<boolean> {
  return existsSync(DEBIAN.dockerd) && existsSync(DEBIAN.docker) && (await composeOf(DEBIAN.docker)) !== undefined;
}

/** As root, on a system with apt. */
async function installPackages(): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env, timeoutMs: 120_000 });
  const packages = ['docker.io', 'docker-compose', 'iptables'];
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env, timeoutMs: 300_000 });
}
