import { seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member, MemberStatus, Run, RunTarget } from './index.ts';
import {
  decideStart,
  jobStatusOf,
  matchesTags,
  parentCycle,
  parseJobJson,
  retryDelayMs,
  selectTargets,
  wantsRetry,
} from './index.ts';

const words = fc.constantFrom('a', 'b', 'c');
const statuses = fc.constantFrom<MemberStatus>('alive', 'failed', 'left', 'leaving', 'none');
const members = fc.array(fc.tuple(words, words, statuses), { maxLength: 8 }).map((rows) =>
  rows.map(([region, role, status], index): Member => ({
    name: `n${index}`,
    addr: '127.0.0.1',
    port: 8946,
    tags: { region, role },
    status,
  })),
);
const demand = fc.tuple(words, fc.option(fc.integer({ min: -1, max: 5 })));

describe('selectTargets', () => {
  it('agrees with a filter, and never exceeds the cardinality', () => {
    fc.assert(
      fc.property(members, fc.option(demand), fc.integer(), (all, wanted, seed) => {
        const tags = wanted === null ? null : { role: wanted[1] === null ? wanted[0] : `${wanted[0]}:${wanted[1]}` };
        const fitting = all
          .filter((one) => one.status === 'alive' && one.tags['region'] === 'a')
          .filter((one) => wanted === null || one.tags['role'] === wanted[0]);
        const limit = Math.max(0, wanted?.[1] ?? Infinity);
        const chosen = selectTargets(tags, all, 'a', seededRandom(seed));
        expect(chosen).toHaveLength(Math.min(fitting.length, limit));
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const one of chosen) expect(fitting).toContain(one);
      }),
    );
  });

  it('chooses every node about equally often', () => {
    const all = ['x', 'y', 'z'].map((name): Member => ({
      name,
      addr: '',
      port: 1,
      tags: { region: 'r', k: 'v' },
      status: 'alive',
    }));
    const random = seededRandom(7);
    const counts = new Map<string, number>();
    for (let round = 0; round < 3000; round += 1) {
      const name = selectTargets({ k: 'v:1' }, all, 'r', random)[0]?.name ?? '';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const { name } of all) expect(counts.get(name), name).toBeGreaterThan(850);
  });

  it('takes the smallest cardinality, nobody for a malformed one, and no cardinality after two colons', () => {
    const all = ['x', 'y', 'z'].map((name): Member => ({
      name,
      addr: '',
      port: 1,
      tags: { region: 'r', a: '1', b: '2' },
      status: 'alive',
    }));
    const count = (tags: Record<string, string>): number => selectTargets(tags, all, 'r', seededRandom(1)).length;
    expect(count({ a: '1:2', b: '2:1' })).toBe(1);
    expect(count({ a: '1:x' })).toBe(0);
    expect(count({ a: '1:1:1' })).toBe(3);
    expect(matchesTags({ a: '1:0' }, { a: '1' })).toBe(true);
    expect(matchesTags({ toString: 'x' }, {})).toBe(false);
  });
});

const ended = fc.constantFrom<RunTarget['state']>('success', 'failed', 'lost', 'cancelled');
const anyState = fc.oneof(ended, fc.constantFrom<RunTarget['state']>('pending', 'running', 'waiting'));

function runOf(states: readonly RunTarget['state'][]): Pick<Run, 'targets'> {
  return {
    targets: states.map((state, at) => ({ nodeName: `n${at}`, executionId: `${at}-n`, attempt: 1 + at, state })),
  };
}

describe('jobStatusOf', () => {
  it('G-X8: says nothing before the last planned node has ended', () => {
    fc.assert(
      fc.property(fc.array(anyState, { minLength: 1 }), (states) => {
        const open = states.some((state) => ['pending', 'running', 'waiting'].includes(state));
        const good = states.filter((state) => state === 'success').length;
        const whole = good === states.length ? 'success' : good === 0 ? 'failed' : 'partially_failed';
        expect(jobStatusOf(runOf(states))).toBe(open ? '' : whole);
      }),
    );
  });

  it('G-X5: a retry that succeeded makes the run a success', () => {
    expect(jobStatusOf({ targets: [{ nodeName: 'n', executionId: '2-n', attempt: 2, state: 'success' }] })).toBe(
      'success',
    );
  });
});

describe('parentCycle', () => {
  it('G-X10: finds exactly the cycles that the new link closes', () => {
    const links = fc.dictionary(words, fc.option(words, { nil: '' }));
    fc.assert(
      fc.property(links, words, words, (parents, name, parent) => {
        const cycle = parentCycle(name, parent, (job) => (Object.hasOwn(parents, job) ? parents[job] : undefined));
        let current: string | undefined = parent;
        for (let step = 0; step < 5 && current !== name && current !== undefined; step += 1) current = parents[current];
        expect(cycle !== undefined).toBe(current === name);
        if (cycle !== undefined) expect([cycle[0], cycle[1], cycle.at(-1)]).toEqual([name, parent, name]);
      }),
    );
  });

  it('spells the way round', () => {
    const stored: Record<string, string> = { b: 'a' };
    expect(parentCycle('a', 'b', (name) => stored[name])).toEqual(['a', 'b', 'a']);
  });
});

describe('retry', () => {
  it.each([
    [499, 2, 0],
    [600, 2, 1000],
    [5000, 2, 2500],
    [60_000, 2, 4000],
    [3_600_000, 2, 7000],
    [-5, 2, 0],
  ])('after %d ms attempt %d waits %d ms', (elapsedMs, attempt, expected) => {
    expect(retryDelayMs(elapsedMs, attempt)).toBe(expected);
  });

  it('counts extra attempts, and leaves a cancelled one alone', () => {
    expect([1, 2, 3].map((attempt) => wantsRetry({ retries: 2 }, 'failed', attempt))).toEqual([true, true, false]);
    expect(wantsRetry({ retries: 9 }, 'lost', 1)).toBe(true);
    for (const state of ['cancelled', 'success', 'running'] as const)
      expect(wantsRetry({ retries: 9 }, state, 1)).toBe(false);
  });
});

describe('decideStart', () => {
  const base = {
    definition: { disabled: false, parentJob: '', concurrency: 'forbid', startsAt: 10n, expiresAt: 20n },
    at: 15n,
    openRuns: 0,
    paused: false,
    targets: 1,
  } as const;

  it('runs when nothing speaks against it', () => {
    expect(decideStart({ ...base, trigger: 'schedule' })).toBe('run');
  });

  it('names the first reason, each masked by those before it', () => {
    let question = { ...base, trigger: 'schedule' as const, targets: 0 };
    expect(decideStart(question)).toEqual({ skipped: 'no_targets' });
    question = { ...question, openRuns: 1 as 0 };
    expect(decideStart(question)).toEqual({ skipped: 'forbid' });
    expect(decideStart({ ...question, at: 21n })).toEqual({ skipped: 'expired' });
    expect(decideStart({ ...question, at: 9n })).toEqual({ skipped: 'not_started' });
    question = { ...question, at: 9n as 15n, paused: true as false };
    expect(decideStart(question)).toEqual({ skipped: 'paused' });
    expect(decideStart({ ...question, definition: { ...base.definition, disabled: true } })).toEqual({
      skipped: 'disabled',
    });
  });

  it('G-X4: manual runs pass a held slot unless they ask not to, and pass the dates', () => {
    const manual = { ...base, trigger: 'manual', openRuns: 1, at: 99n, paused: true } as const;
    expect(decideStart(manual)).toBe('run');
    expect(decideStart({ ...manual, respectConcurrency: true })).toEqual({ skipped: 'forbid' });
    expect(decideStart({ ...manual, definition: { ...base.definition, disabled: true } })).toEqual({
      skipped: 'disabled',
    });
    expect(decideStart({ ...manual, definition: { ...base.definition, disabled: true, parentJob: 'p' } })).toBe('run');
  });

  it('lets children run while the schedule is paused', () => {
    expect(decideStart({ ...base, trigger: 'parent', paused: true })).toBe('run');
    expect(decideStart({ ...base, trigger: 'parent', openRuns: 1 })).toEqual({ skipped: 'forbid' });
  });
});

describe('parseJobJson', () => {
  it('never fails in another way than JobInvalidError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseJobJson(bytes);
        } catch (error) {
          expect((error as Error).name).toBe('JobInvalidError');
        }
      }),
    );
  });
});
