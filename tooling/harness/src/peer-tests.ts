import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOT_RUN = 77;
/** Names the file in which tests say what they did not try. */
const FILE = 'DKRON_PEERS_NOT_RUN';

/** Says that a peer is not to be had here; the check as a whole then counts as not run. */
export function notRun(peer: string, why: string): void {
  const file = process.env[FILE];
  if (file !== undefined) appendFileSync(file, `${peer}: ${why}\n`);
  process.stderr.write(`${peer} is not tried: ${why}\n`);
}

/**
 * Runs vitest on the tests against real peers, and sets the exit code: 77 = all that ran passed, but some peers are not to
 * be had on this machine; they are named.
 */
export function runPeerTests(name: string, args: readonly string[], variables: NodeJS.ProcessEnv): void {
  const folder = mkdtempSync(join(tmpdir(), `dkron-${name}-slow-`));
  const notRunFile = join(folder, 'not-run');
  const env = { ...process.env, ...variables, [FILE]: notRunFile };
  const { status } = spawnSync('vitest', ['run', ...args], { stdio: 'inherit', env });
  const missing = existsSync(notRunFile) ? readFileSync(notRunFile, 'utf8') : '';
  rmSync(folder, { recursive: true });
  for (const line of new Set(missing.split('\n').filter(Boolean))) process.stdout.write(`${name}: NOT RUN: ${line}\n`);
  process.exitCode = status !== 0 ? (status ?? 1) : missing ? NOT_RUN : 0;
}
