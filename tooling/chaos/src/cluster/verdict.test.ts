import { expect, it } from 'vitest';
import type { Evidence } from '../checks.ts';
import { RETRIES } from './jobs.ts';
import { judgeJob, readMarks, strayMarks } from './verdict.ts';

const START_MS = Date.parse('2026-11-21T10:00:00Z');
const second = (n: number): string => new Date(START_MS + n * 1_000).toISOString();
const SPAN = { sinceMs: START_MS, untilMs: START_MS + 2_000 };

/** Three ticks, each with one successful attempt `e0`, `e1`, `e2`. */
function evidence(): Evidence {
  return {
    name: 'tick-0',
    ticks: [0, 1, 2].map((n) => ({
      tick: second(n),
      last_tick: second(n),
      count: 1,
      decision: 'run',
      reason: '',
      trigger: 'schedule',
      decided_at: second(n),
      executions: [`e${n}`],
    })),
    executions: [0, 1, 2].map((n) => execution(`e${n}`, n, 1, 'success')),
  };
}

function execution(id: string, group: number, attempt: number, state: string): Evidence['executions'][number] {
  return { id, state, attempt, group: String(group), started_at: second(group), finished_at: second(group) };
}

const MARKS = 'e0 1\ne1 1\ne2 1\n';
const violations = (found: Evidence, marks = MARKS): readonly string[] =>
  judgeJob(found, readMarks(marks), SPAN).violations;

it('has nothing to say when all three agree', () => {
  expect(judgeJob(evidence(), readMarks(MARKS), SPAN)).toEqual({
    violations: [],
    open: 0,
    ticks: 3,
    attempts: 3,
    repeated: 0,
  });
});

it('tells a tick that is missing, doubled or not run', () => {
  const missing = evidence();
  expect(violations({ ...missing, ticks: missing.ticks.toSpliced(1, 1) })).toHaveLength(2);
  const doubled = evidence();
  expect(violations({ ...doubled, ticks: doubled.ticks.toSpliced(1, 0, doubled.ticks[1]!) }).length).toBeGreaterThan(0);
  const missed = evidence();
  expect(violations({ ...missed, ticks: missed.ticks.with(1, { ...missed.ticks[1]!, decision: 'missed' }) })).toEqual(
    expect.arrayContaining([expect.stringContaining('is missed')]),
  );
});

it('permits what was undecided when the scheduler was paused, and nothing earlier', () => {
  const paused = (decidedAt: string): Evidence => {
    const found = evidence();
    const entry = { ...found.ticks[2]!, decision: 'skipped', reason: 'paused', executions: [], decided_at: decidedAt };
    return { ...found, ticks: found.ticks.with(2, entry), executions: found.executions.slice(0, 2) };
  };
  expect(violations(paused(second(2)))).toEqual([]);
  expect(violations(paused(second(1)))).toEqual([expect.stringContaining('is skipped paused')]);
});

it('tells an attempt that ran twice, never, or that nobody decided', () => {
  expect(violations(evidence(), `${MARKS}e1 1\n`)).toEqual(['job tick-0: attempt 1 of e1 ran 2 times']);
  expect(violations(evidence(), 'e0 1\ne2 1\n')).toEqual(['job tick-0: attempt 1 of e1 succeeded and never ran']);
  expect(strayMarks(readMarks(`${MARKS}e9 1\n`), [evidence()])).toEqual(['a run left "e9 1", which is on no record']);
  const extra = evidence();
  expect(
    violations({ ...extra, executions: [...extra.executions, execution('e3', 3, 1, 'success')] }, `${MARKS}e3 1`),
  ).toEqual(['job tick-0: execution e3 was never decided']);
});

it('permits what was lost and tried again, and counts it', () => {
  const lost = evidence();
  const executions = [...lost.executions.with(1, execution('e1', 1, 1, 'lost')), execution('e1b', 1, 2, 'success')];
  const verdict = judgeJob({ ...lost, executions }, readMarks(`${MARKS}e1b 2\n`), SPAN);
  expect(verdict).toMatchObject({ violations: [], open: 0, repeated: 1 });
  const both = executions.with(1, execution('e1', 1, 1, 'success'));
  expect(violations({ ...lost, executions: both }, `${MARKS}e1b 2\n`)).toEqual([
    'job tick-0: 2 successful attempts of one tick: e1',
  ]);
});

it('waits for what is tried again, until no attempt is left', () => {
  const lost = evidence();
  const open = { ...lost, executions: lost.executions.with(1, execution('e1', 1, 1, 'lost')) };
  expect(judgeJob(open, readMarks(MARKS), SPAN)).toMatchObject({ violations: [], open: 1 });
  const over = { ...open, executions: [...open.executions, execution('e1z', 1, RETRIES + 1, 'lost')] };
  expect(violations(over)).toEqual(['job tick-0: no attempt of e1 ran to its end']);
});
