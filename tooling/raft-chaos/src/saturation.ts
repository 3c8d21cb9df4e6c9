/** Keeps a cluster at its limit and counts elections, of which there must be none. See README. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Cluster } from './cluster.ts';
import type { ServerStatus } from './protocol.ts';
import { conclude, say, wholeNumber } from './report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    nodes: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '512' },
    bytes: { type: 'string', default: '256' },
  },
});
const seconds = wholeNumber('seconds', values.seconds, 1, 86_400);
const nodes = wholeNumber('nodes', values.nodes, 1, 9);
const inFlight = wholeNumber('in-flight', values['in-flight'], 1, 60_000);
const bytes = wholeNumber('bytes', values.bytes, 1, 1 << 20);
const LEADER_MS = 30_000;
const STATUS_MS = 30_000;
const REPORT_SECONDS = 30;
/** This process has nothing to do: when it stands still, the machine has no time for anybody. */
const idle = monitorEventLoopDelay({ resolution: 20 });
const violations: string[] = [];
let cluster: Cluster | undefined;

try {
  cluster = await Cluster.start({ nodes, namespaces: false });
  say(`saturation: ${nodes} nodes, ${inFlight} commands of ${bytes} bytes in flight, ${seconds} s, default timeouts`);
  await saturate(cluster);
} catch (error) {
  violations.push((error as Error).stack ?? String(error));
}
await conclude('saturation', violations, cluster);

async function saturate(target: Cluster): Promise<void> {
  await target.waitForLeader(LEADER_MS);
  if ((await target.converge(LEADER_MS)) === undefined) throw new Error('the servers do not agree at the beginning');
  const before = await statuses(target);
  for (const server of target.servers) {
    const { error } = await server.request({ op: 'saturate', inFlight, bytes }, STATUS_MS);
    if (error !== undefined) throw new Error(`${server.id}: ${error}`);
  }
  const startMs = performance.now();
  idle.enable();
  for (let passed = 0; passed < seconds;) {
    const slice = Math.min(REPORT_SECONDS, seconds - passed);
    await pause(slice * 1_000);
    passed += slice;
    const now = await statuses(target);
    const terms = now.map(({ term }) => term).join(', ');
    say(`… ${passed} s: ${total(now).toLocaleString('en')} commands committed, terms ${terms}`);
  }
  const after = await statuses(target);
  report(target, before, after, (performance.now() - startMs) / 1_000);
}

function report(
  target: Cluster,
  before: readonly ServerStatus[],
  after: readonly ServerStatus[],
  passedSeconds: number,
): void {
  const snapshots = target.servers.map((server) => server.snapshots.get('taken') ?? 0).join(', ');
  const rate = Math.round(total(after) / passedSeconds).toLocaleString('en');
  const terms = Math.max(...after.map(({ term }) => term)) - Math.min(...before.map(({ term }) => term));
  const changes = after.map(({ leaderships }, i) => leaderships - before[i]!.leaderships);
  const stalls = after.map(({ longestStallMs }) => `${Math.round(longestStallMs)} ms`).join(', ');
  say(`${passedSeconds.toFixed(0)} s: ${total(after).toLocaleString('en')} commands committed, ${rate} a second`);
  say(`term changes: ${terms}; changes of leader seen by each server: ${changes.join(', ')}`);
  say(`longest stall of each event loop: ${stalls}; snapshots taken: ${snapshots}`);
  say(`longest stall of an idle process beside them: ${Math.round(idle.max / 1e6)} ms`);
  if (terms !== 0 || changes.some((count) => count !== 0)) {
    violations.push(`${terms} new terms, ${changes.join(', ')} changes of leader seen while nothing failed`);
  }
  if (total(after) === 0) violations.push('nothing was committed');
}

/** A server that is busy answers late, and does answer. */
async function statuses(target: Cluster): Promise<ServerStatus[]> {
  return await Promise.all(
    target.servers.map(async (server) => {
      const { ok, error } = await server.request({ op: 'status' }, STATUS_MS);
      if (error !== undefined) throw new Error(`${server.id} does not answer: ${error}`);
      return ok as ServerStatus;
    }),
  );
}

function total(of: readonly ServerStatus[]): number {
  return of.reduce((sum, { saturated }) => sum + saturated, 0);
}
