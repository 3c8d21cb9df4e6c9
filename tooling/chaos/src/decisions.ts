import type { Evidence, Execution, Tick } from './checks.ts';
import { DECISION_MS, SECOND_MS } from './checks.ts';
import type { Known } from './known.ts';
import { undecidedSince, type Outage } from './outages.ts';

/** The server's default: a tick decided at most this late is on time. */
const GRACE_MS = 10 * SECOND_MS;

/**
 * Each tick ran unless something that was seen from outside forbade it: the job was disabled, its run before was not
 * over (`forbid`), or nobody was up for longer than a tick may be late.
 */
export function checkDecisions(evidence: Evidence, known: Known, outages: readonly Outage[]): readonly string[] {
  const { name } = evidence;
  const ticks = evidence.ticks.filter((entry) => entry.trigger === 'schedule' || entry.trigger === 'catchup');
  return ticks.flatMap((entry) => {
    const objection = objectionTo(entry, evidence, known, outages);
    const text = `job ${name}: ${entry.tick} (${entry.count}) is ${entry.decision} ${entry.reason}: ${objection}`;
    return objection === undefined ? [] : [text];
  });
}

/** One job may have been disabled all the time, or have one slow run; not most of them. */
export function checkRunsHappen(all: readonly Evidence[]): readonly string[] {
  const ran = all.filter(({ ticks }) =>
    ticks.some(({ decision, trigger }) => decision === 'run' && trigger === 'schedule'),
  );
  return ran.length * 2 >= all.length ? [] : [`ticks ran of only ${ran.length} of ${all.length} jobs`];
}

function objectionTo(entry: Tick, evidence: Evidence, known: Known, outages: readonly Outage[]): string | undefined {
  const fromMs = Date.parse(entry.tick);
  const toMs = Date.parse(entry.last_tick);
  if (entry.decision === 'run') {
    return entry.reason === '' && entry.count === 1 ? undefined : 'a run has one tick and no reason';
  }
  if (entry.decision === 'missed') {
    const permitted = outages.some((outage) => fromMs >= outage.fromMs - DECISION_MS && toMs <= lostUntil(outage));
    return entry.reason === 'skip' && permitted ? undefined : 'no outage was that long';
  }
  if (entry.reason === 'disabled') {
    const spans = known.disabledSpans(evidence.name);
    const within = spans.some(
      (span) => fromMs >= undecidedSince(outages, span.fromMs, DECISION_MS) && toMs <= span.toMs,
    );
    return within ? undefined : 'it was enabled then';
  }
  if (entry.reason === 'forbid' && known.forbids.has(evidence.name)) {
    const decidedMs = Date.parse(entry.decided_at);
    const held = runsOf(evidence.executions).some((run) => heldSlot(run, decidedMs, outages));
    return held ? undefined : 'no run of it was open then';
  }
  return 'nothing seen from outside explains it';
}

/** Ticks up to this one were too old when the server was up again and had looked at them. */
function lostUntil({ toMs }: Outage): number {
  return toMs + DECISION_MS - GRACE_MS;
}

/** The attempts of each run. */
function runsOf(executions: readonly Execution[]): readonly (readonly Execution[])[] {
  return [...Map.groupBy(executions, ({ group }) => group).values()];
}

/**
 * A run holds its slot from its decision, whose time is the number in its first id, until the result of its last
 * attempt is committed: that may wait for a server after the command has ended.
 */
function heldSlot(attempts: readonly Execution[], atMs: number, outages: readonly Outage[]): boolean {
  const since = undecidedSince(outages, atMs, DECISION_MS);
  const lastsUntilThen = attempts.some(
    ({ state, finished_at }) => state === 'running' || state === 'pending' || Date.parse(finished_at) >= since,
  );
  return lastsUntilThen && attempts.some(({ id }) => decidedMsOf(id) <= atMs);
}

function decidedMsOf(id: string): number {
  return Number(BigInt(id.slice(0, id.indexOf('-'))) / 1_000_000n);
}
