import { expect, it } from 'vitest';
import type { Evidence } from './checks.ts';
import { checkDecisions, checkRunsHappen } from './decisions.ts';
import { Known } from './known.ts';
import type { Outage } from './outages.ts';

const START_MS = Date.parse('2026-11-21T10:00:00Z');
const second = (n: number): string => new Date(START_MS + n * 1_000).toISOString();

type Entry = readonly [decision: string, reason: string];

/** One entry per second, the first always a run of half a second. */
function evidence(...entries: readonly Entry[]): Evidence {
  const all: readonly Entry[] = [['run', ''], ...entries];
  return {
    name: 'tick-0',
    ticks: all.map(([decision, reason], n) => ({
      tick: second(n),
      last_tick: second(n),
      count: 1,
      decision,
      reason,
      trigger: 'schedule',
      decided_at: second(n),
    })),
    executions: [
      {
        id: `${BigInt(START_MS) * 1_000_000n}-a`,
        state: 'success',
        attempt: 1,
        group: '1',
        started_at: second(0),
        finished_at: second(0.5),
      },
    ],
  };
}

function objections(found: Evidence, { forbids = false, outages = [] as readonly Outage[] } = {}): readonly string[] {
  const known = new Known();
  if (forbids) known.forbids.add('tick-0');
  return checkDecisions(found, known, outages).map((text) => text.replace(/^.*: /, ''));
}

it('has nothing to say where all ran', () => {
  expect(objections(evidence(['run', ''], ['run', '']))).toEqual([]);
});

it('permits missed ticks only in an outage longer than the grace', () => {
  const missed = evidence(['missed', 'skip'], ['missed', 'skip']);
  const until = (n: number): Outage => ({ fromMs: START_MS + 900, toMs: START_MS + n * 1_000 });
  expect(objections(missed)).toEqual(['no outage was that long', 'no outage was that long']);
  expect(objections(missed, { outages: [until(5)] })).toHaveLength(2);
  expect(objections(missed, { outages: [until(20)] })).toEqual([]);
});

it('permits forbid only where a run was open', () => {
  const skipped = Array.from({ length: 6 }, () => ['skipped', 'forbid'] as const);
  expect(objections(evidence(...skipped))).toHaveLength(6);
  // Three seconds of patience for the commit of the result.
  expect(objections(evidence(...skipped), { forbids: true })).toHaveLength(3);
});

it('permits disabled only while it may have been', () => {
  const known = new Known();
  const now = Date.now();
  known.sending('tick-0', { command: 'true', disabled: true });
  const at = (ms: number): Evidence => {
    const [run, entry] = evidence(['skipped', 'disabled']).ticks;
    const tick = new Date(ms).toISOString();
    return { ...evidence(), ticks: [run!, { ...entry!, tick, last_tick: tick }] };
  };
  expect(checkDecisions(at(now + 5_000), known, [])).toEqual([]);
  expect(checkDecisions(at(now - 60_000), known, [])).toHaveLength(1);
  known.acknowledged('tick-0', { command: 'true', disabled: false });
  expect(checkDecisions(at(now + 5_000), known, [])).toHaveLength(1);
});

it('asks for runs of half of the jobs at least', () => {
  const none = { ...evidence(), ticks: evidence(['skipped', 'forbid']).ticks.slice(1) };
  const some = evidence(['run', '']);
  expect(checkRunsHappen([none, some])).toEqual([]);
  expect(checkRunsHappen([none, none, some])).toEqual(['ticks ran of only 1 of 3 jobs']);
});
