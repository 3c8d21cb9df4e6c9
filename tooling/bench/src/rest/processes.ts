import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A server of the bench in a process of its own. */
export interface BenchProcess {
  readonly port: number;
  readonly pid: number;
  end(): Promise<void>;
}

/** Starts `script` of this folder, which prints its port when it listens. */
export async function startProcess(script: string, args: readonly string[]): Promise<BenchProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--max-semi-space-size=16', path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [chunk] = (await Promise.race([
    once(child.stdout!, 'data'),
    exited.then(() => Promise.reject(new Error(`${script} ended before it listened`))),
  ])) as [Buffer];
  return {
    port: Number(chunk.toString()),
    pid: child.pid ?? 0,
    end: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
