import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { systemTimers } from '@dkron/runtime/system';

const ATTACH_MS = 1000;
/** Of Linux: every write to such a descriptor is synced before it returns. */
const O_DSYNC = 0o10000;

/**
 * Calls by these processes, while `work` runs, that return when bytes are durable: fsync, fdatasync, and writes to
 * descriptors with O_DSYNC. Counted by strace; undefined where it cannot trace.
 */
export async function tracedSyncs(pids: readonly number[], work: () => Promise<unknown>): Promise<number | undefined> {
  const tracers = pids.map((pid) => new Tracer(pid));
  await systemTimers.sleep(ATTACH_MS);
  try {
    await work();
  } finally {
    await Promise.all(tracers.map((tracer) => tracer.end()));
  }
  const counts = tracers.map((tracer) => tracer.syncs());
  return counts.includes(0) ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

class Tracer {
  readonly #pid: number;
  readonly #ended: Promise<unknown>;
  readonly #kill: () => void;
  #text = '';

  constructor(pid: number) {
    this.#pid = pid;
    const args = ['-f', '-s', '0', '-e', 'trace=fsync,fdatasync,pwrite64', '-p', String(pid)];
    const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#ended = once(child, 'close').catch(() => undefined);
    this.#kill = () => void child.kill('SIGINT');
    child.stderr.on('data', (chunk: Buffer) => void (this.#text += chunk.toString()));
  }

  async end(): Promise<void> {
    this.#kill();
    await this.#ended;
  }

  /** Each call once: where strace tells of one in two lines, the first counts. */
  syncs(): number {
    let count = 0;
    const durable = new Map<string, boolean>();
    for (const [, call, fd = ''] of this.#text.matchAll(/\b(fsync|fdatasync|pwrite64)\((\d+)/g)) {
      if (!durable.has(fd)) durable.set(fd, isDurable(this.#pid, fd));
      if (call !== 'pwrite64' || durable.get(fd) === true) count += 1;
    }
    return count;
  }
}

function isDurable(pid: number, fd: string): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
    return (Number.parseInt(flags ?? '0', 8) & O_DSYNC) !== 0;
  } catch {
    return false;
  }
}
