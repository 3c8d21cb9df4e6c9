import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Where a process listens. */
export interface Place {
  readonly ip: string;
  readonly port: number;
}

/** A process whose processor time is measured. */
export class BenchProcess {
  readonly place: Place;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, place: Place) {
    this.#child = child;
    this.place = place;
  }

  /** A program beside this file that answers its first message with its place. */
  static async fork(file: './member.ts' | './echo.ts', message: object): Promise<BenchProcess> {
    const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    child.send(message);
    const [place] = (await once(child, 'message')) as [Place];
    return new BenchProcess(child, place);
  }

  /** An agent of Debian's Serf; `args` besides its name and place. */
  static async serf(name: string, { ip, port }: Place, args: readonly string[]): Promise<BenchProcess> {
    const rpc = `${ip}:${port + 1}`;
    const all = ['agent', `-node=${name}`, `-bind=${ip}:${port}`, `-rpc-addr=${rpc}`, ...args];
    const child = spawn('serf', all, { stdio: 'ignore' });
    for (let left = 100; spawnSync('serf', ['members', `-rpc-addr=${rpc}`]).status !== 0; left--) {
      if (left === 0) throw new Error(`${name} did not start`);
      await pause(50);
    }
    return new BenchProcess(child, { ip, port });
  }

  /** Time on a processor so far of all threads, ns. */
  cpuNanos(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    return readdirSync(tasks).reduce((sum, task) => {
      const [nanos] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ');
      return sum + Number(nanos);
    }, 0);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

export function hasSerf(): boolean {
  return spawnSync('serf', ['version']).status === 0;
}
