import type { Evidence, Execution } from '../checks.ts';
import { checkLedger } from '../checks.ts';
import { RETRIES } from './jobs.ts';

/** Lines that runs left: `id attempt` → how often. */
export type Marks = ReadonlyMap<string, number>;

export function readMarks(text: string): Marks {
  const marks = new Map<string, number>();
  for (const line of text.split('\n')) if (line !== '') marks.set(line, (marks.get(line) ?? 0) + 1);
  return marks;
}

export interface JobVerdict {
  readonly violations: readonly string[];
  /** A tick whose run is not over yet: it may still come right. */
  readonly open: number;
  readonly ticks: number;
  readonly attempts: number;
  /** Runs of which more than one attempt left a mark: all but one of these attempts are on record as lost. */
  readonly repeated: number;
}

/**
 * Ledger, executions and what the runs themselves left behind have to say the same: each due tick is decided once, to run;
 * each has exactly one successful attempt, which ran exactly once; no attempt ran twice, and none that nobody decided.
 *
 * @param sinceMs the creation was acknowledged by then
 * @param untilMs the scheduler was paused not before this; what was undecided then is skipped
 */
export function judgeJob(
  evidence: Evidence,
  marks: Marks,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
): JobVerdict {
  const { name, executions } = evidence;
  const violations = [...checkLedger(evidence, sinceMs, untilMs)];
  const groups = Map.groupBy(executions, ({ group }) => group);
  const ticks = evidence.ticks.filter(({ trigger }) => trigger === 'schedule' || trigger === 'catchup');
  const firsts = new Set(executions.filter(({ attempt }) => attempt === 1).map(({ id }) => id));
  let open = 0;
  let repeated = 0;
  for (const entry of ticks) {
    const [id, ...more] = entry.executions ?? [];
    const at = `job ${name}: ${entry.tick}`;
    // Undecided when the scheduler was paused, however late that was.
    if (entry.reason === 'paused' && Date.parse(entry.decided_at) >= untilMs) continue;
    if (entry.decision !== 'run' || entry.count !== 1) {
      violations.push(`${at} is ${entry.decision} ${entry.reason} (${entry.count}), not run`);
    } else if (id === undefined || more.length > 0)
      violations.push(`${at} has ${more.length + (id ? 1 : 0)} executions`);
    else if (!firsts.delete(id)) violations.push(`${at}: execution ${id} is gone, or in two entries`);
  }
  for (const id of firsts) violations.push(`job ${name}: execution ${id} was never decided`);
  for (const attempts of groups.values()) {
    const run = judgeRun(attempts, marks);
    violations.push(...run.violations.map((text) => `job ${name}: ${text}`));
    if (run.open) open += 1;
    if (run.marked > 1) repeated += 1;
  }
  return { violations, open, ticks: ticks.length, attempts: executions.length, repeated };
}

/** All attempts of one tick. */
function judgeRun(
  attempts: readonly Execution[],
  marks: Marks,
): { readonly violations: readonly string[]; readonly open: boolean; readonly marked: number } {
  const violations: string[] = [];
  let marked = 0;
  for (const { id, attempt, state } of attempts) {
    const count = marks.get(`${id} ${attempt}`) ?? 0;
    if (count > 0) marked += 1;
    if (count > 1) violations.push(`attempt ${attempt} of ${id} ran ${count} times`);
    if (count === 0 && state === 'success') violations.push(`attempt ${attempt} of ${id} succeeded and never ran`);
    if (count > 0 && state === 'pending') violations.push(`attempt ${attempt} of ${id} ran and is still pending`);
  }
  const successes = attempts.filter(({ state }) => state === 'success').length;
  if (successes > 1) violations.push(`${successes} successful attempts of one tick: ${attempts[0]?.id}`);
  const over = attempts.some(({ state, attempt }) => state === 'success' || attempt > RETRIES);
  if (successes === 0 && over) violations.push(`no attempt of ${attempts[0]?.id} ran to its end`);
  return { violations, open: !over, marked };
}

/** Nothing ran that is on nobody's record. */
export function strayMarks(marks: Marks, all: readonly Evidence[]): string[] {
  const known = new Set(all.flatMap(({ executions }) => executions.map(({ id, attempt }) => `${id} ${attempt}`)));
  return [...marks.keys()]
    .filter((mark) => !known.has(mark))
    .map((mark) => `a run left "${mark}", which is on no record`);
}
