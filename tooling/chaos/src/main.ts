/** Kills a loaded server at random moments and checks its promises. See README. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ServerProcess } from '@dkron/harness';
import { seededRandom } from '@dkron/runtime/testing';
import type { Evidence } from './checks.ts';
import { checkJobs, checkLedger, checkMarks, checkRuns, checkSettled, evidenceOf } from './checks.ts';
import { Known } from './known.ts';
import { checkDecisions, checkRunsHappen } from './decisions.ts';
import { churn, createTicking, enableTicking } from './load.ts';
import type { Outage } from './outages.ts';

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
/** Every third kill hits a server that is not ready yet: it reads and repairs what the last one left. */
const START_KILL_EVERY = 3;
const WRITERS = 3;
/** Nothing that is to be compared may be trimmed. */
const ARGS = ['--log-level=warn', '--execution-retention=0', '--ledger-retention=1000000'];

const directory = mkdtempSync(join(tmpdir(), 'dkron-chaos-'));
const dataDir = join(directory, 'data');
const marksFile = join(directory, 'marks');
const known = new Known();
const failures: string[] = [];
const outages: Outage[] = [];
let downSinceMs: number | undefined;
/** How long a start took the last time. */
let startMs = 1_000;
let startKills = 0;
let server: ServerProcess | undefined;

process.stdout.write(`chaos: seed ${values.seed}, ${kills} kills, ${jobCount} ticking jobs\n`);
try {
  for (let kill = 0; kill < kills; kill++) {
    if (kill % START_KILL_EVERY === 1) {
      await killWhileStarting();
      continue;
    }
    server = await startServer();
    if (kill === 0) await createTicking(server.url, jobCount, marksFile, known);
    else failures.push(...(await checkJobs(server.url, known)));
    await loadFor(server, 50 + random.nextInt(UP_MS_MAX));
    await pause(random.nextInt(DOWN_MS_MAX));
    if (failures.length > 0) break;
  }
  server = await startServer();
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

async function startServer(): Promise<ServerProcess> {
  const beganMs = Date.now();
  const started = await ServerProcess.start({ dataDir, nodeName: 'chaos', args: ARGS });
  startMs = Date.now() - beganMs;
  if (downSinceMs !== undefined) outages.push({ fromMs: downSinceMs, toMs: Date.now() });
  downSinceMs = undefined;
  return started;
}

/** At any moment between the start of the process and a little after the server leads. */
async function killWhileStarting(): Promise<void> {
  server = await ServerProcess.launch({ dataDir, nodeName: 'chaos', args: ARGS });
  await pause(random.nextInt(Math.ceil(startMs * 1.2)));
  await server.kill();
  startKills++;
}

async function loadFor(target: ServerProcess, upMs: number): Promise<void> {
  const stop = new AbortController();
  const writers = Array.from({ length: WRITERS }, (_, number) => {
    const own = random.fork(`${number}-${random.nextInt(1e9)}`);
    const writer = { url: target.url, number, random: own, known, tickingCount: jobCount, writers: WRITERS };
    return churn(writer, stop.signal).catch((error: unknown) => void failures.push(String(error)));
  });
  await pause(upMs);
  downSinceMs = Date.now();
  await target.kill();
  stop.abort();
  await Promise.all(writers);
}

async function finalChecks(target: ServerProcess): Promise<readonly string[]> {
  const found = [...(await checkJobs(target.url, known))];
  await enableTicking(target.url, known);
  await pause(2_500);
  const untilMs = Date.now();
  await fetch(`${target.url}/v1/scheduler/pause`, { method: 'POST' });
  found.push(...(await checkSettled(target.url)));
  const marks = existsSync(marksFile) ? readFileSync(marksFile, 'utf8').split('\n') : [];
  let attempts = 0;
  const all: Evidence[] = [];
  for (const [name, sinceMs] of known.tickingSince) {
    const evidence = await evidenceOf(target.url, name);
    attempts += evidence.executions.length;
    all.push(evidence);
    found.push(
      ...checkLedger(evidence, sinceMs, untilMs),
      ...checkDecisions(evidence, known, outages),
      ...checkRuns(evidence, known),
      ...checkMarks(evidence, marks),
    );
  }
  found.push(...checkRunsHappen(all));
  const counts = [
    `${startKills} kills during a start`,
    `${known.jobCount} jobs`,
    `${attempts} attempts`,
    `${marks.length - 1} starts`,
  ];
  process.stdout.write(`chaos: ${counts.join(', ')}, ${known.runs.size} acknowledged runs by hand\n`);
  return found;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
