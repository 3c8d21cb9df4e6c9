import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemTimers } from '@dkron/runtime/system';

const ATTACH_MS = 500;

/** Calls of fsync and fdatasync by these processes while `work` runs, counted by strace; undefined where it cannot trace. */
export async function tracedSyncs(pids: readonly number[], work: () => Promise<unknown>): Promise<number | undefined> {
  const args = ['-f', '-c', '-e', 'trace=fsync,fdatasync', ...pids.flatMap((pid) => ['-p', String(pid)])];
  const tracer = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'exit').catch(() => undefined);
  let text = '';
  tracer.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()));
  await systemTimers.sleep(ATTACH_MS);
  try {
    await work();
  } finally {
    tracer.kill('SIGINT');
    await ended;
  }
  const counts = [...text.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+.*f(?:data)?sync$/gm)].map((row) =>
    Number(row[1]),
  );
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}
