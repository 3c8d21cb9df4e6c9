/** Kills a loaded server at random moments and checks its promises. See README. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from '@dkron/harness';
import { seededRandom } from '@dkron/runtime/testing';
import { attemptsOf, checkJobs, checkLedger, checkMarks, checkSettled } from './checks.ts';
import { churn, createTicking, nothingAcknowledged } from './load.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    jobs: { type: 'string', default: '20' },
  },
});
const kills = Number(values.kills);
const jobCount = Number(values.jobs);
const random = seededRandom(Number(values.seed));
const UP_MS_MAX = 2_500;
const DOWN_MS_MAX = 600;

const directory = mkdtempSync(join(tmpdir(), 'dkron-chaos-'));
const dataDir = join(directory, 'data');
const marksFile = join(directory, 'marks');
const known = nothingAcknowledged();
const failures: string[] = [];
let server: ServerProcess | undefined;

process.stdout.write(`chaos: seed ${values.seed}, ${kills} kills, ${jobCount} ticking jobs\n`);
try {
  for (let kill = 0; kill < kills; kill++) {
    server = await ServerProcess.start({ dataDir, nodeName: 'chaos', args: ['--log-level=warn'] });
    if (kill === 0) await createTicking(server.url, jobCount, marksFile, known);
    else failures.push(...(await checkJobs(server.url, known)));
    await loadFor(server, 50 + random.nextInt(UP_MS_MAX));
    await pause(random.nextInt(DOWN_MS_MAX));
    if (failures.length > 0) break;
  }
  server = await ServerProcess.start({ dataDir, nodeName: 'chaos', args: ['--log-level=warn'] });
  failures.push(...(await finalChecks(server)));
} catch (error) {
  failures.push(`${(error as Error).stack ?? String(error)}\n${server?.log ?? ''}`);
} finally {
  await server?.kill();
}
for (const failure of failures.slice(0, 50)) process.stdout.write(`FAIL ${failure}\n`);
if (failures.length > 0) process.stdout.write(`chaos: data kept in ${directory}\n`);
else rmSync(directory, { recursive: true, force: true });
process.stdout.write(`chaos: ${failures.length === 0 ? 'ok' : 'FAILED'}, seed ${values.seed}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function loadFor(target: ServerProcess, upMs: number): Promise<void> {
  const stop = new AbortController();
  const writers = [1, 2, 3].map((n) =>
    churn(target.url, random.fork(`${n}-${random.nextInt(1e9)}`), known, stop.signal),
  );
  await pause(upMs);
  await target.kill();
  stop.abort();
  await Promise.all(writers);
}

async function finalChecks(target: ServerProcess): Promise<readonly string[]> {
  const found = [...(await checkJobs(target.url, known))];
  const names = Array.from({ length: jobCount }, (_, i) => `tick-${i}`);
  await pause(1_500);
  await fetch(`${target.url}/v1/scheduler/pause`, { method: 'POST' });
  found.push(...(await checkSettled(target.url)));
  const marks = existsSync(marksFile) ? readFileSync(marksFile, 'utf8').split('\n') : [];
  for (const name of names) {
    found.push(...(await checkLedger(target.url, name)));
    const attempts = await attemptsOf(target.url, name);
    // Retention keeps the newest 100 attempts: beyond that the count says nothing.
    if (attempts < 100) found.push(...checkMarks(name, marks, attempts));
  }
  process.stdout.write(`chaos: ${known.jobs.size} jobs, ${marks.length - 1} starts, ${known.runs} runs by hand\n`);
  return found;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
