import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const READY_TRIES = 400;
const READY_PAUSE_MS = 25;

/** One run of a real server, in a process of its own. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  #log = '';

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-20_000);
    });
  }

  /** Starts a server on a data directory and waits until it answers. */
  static async start(dataDir: string): Promise<ServerProcess> {
    const port = await freePort();
    const args = ['agent', '--server', '--bootstrap-expect=1', '--node-name=chaos', `--data-dir=${dataDir}`];
    args.push('--bind-addr=127.0.0.1:8946', `--http-addr=127.0.0.1:${port}`, '--log-level=warn');
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const server = new ServerProcess(child, `http://127.0.0.1:${port}`);
    await server.#ready();
    return server;
  }

  get log(): string {
    return this.#log;
  }

  /** SIGKILL, and wait until the process is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  async #ready(): Promise<void> {
    for (let i = 0; i < READY_TRIES; i++) {
      if (this.#child.exitCode !== null) throw new Error(`server exited with ${this.#child.exitCode}\n${this.#log}`);
      try {
        const answer = await fetch(`${this.url}/v1/leader`);
        if (answer.status === 200) return;
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
    }
    await this.kill();
    throw new Error(`server did not answer within ${READY_TRIES * READY_PAUSE_MS} ms\n${this.#log}`);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
