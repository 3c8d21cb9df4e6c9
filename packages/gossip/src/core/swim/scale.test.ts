import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pushPullIntervalMs, retransmitLimit, suspicionMinMs } from './scale.ts';
import { type SuspicionTimes, suspicionPlan, suspicionTotalMs, Suspicion } from './suspicion.ts';
import { SWIM_PROFILES } from './options.ts';

interface LibraryVectors {
  readonly formulas: readonly Record<string, number>[];
  readonly remainingSuspicion: readonly Record<'elapsedMs' | 'k' | 'n' | 'minMs' | 'maxMs' | 'remainingMs', number>[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../testdata/library-generated.json', import.meta.url), 'utf8'),
) as LibraryVectors;

it('RetransmitLimit, SuspicionTimeout, PushPullScale: as the library computes them', () => {
  expect(vectors.formulas.length).toBeGreaterThan(10);
  for (const row of vectors.formulas) {
    const n = row['n']!;
    expect({
      n,
      pushPullMs_30s: pushPullIntervalMs(30_000, n),
      retransmitLimit_mult2: retransmitLimit(2, n),
      retransmitLimit_mult4: retransmitLimit(4, n),
      suspicionTimeoutMs_mult3_1s: suspicionMinMs(3, n, 1000),
      suspicionTimeoutMs_mult4_1s: suspicionMinMs(4, n, 1000),
      suspicionTimeoutMs_mult6_5s: suspicionMinMs(6, n, 5000),
      // One row carries an error of the last digit of a float.
    }).toEqual(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Math.round(value * 1e6) / 1e6])));
  }
});

it('Suspicion_remainingSuspicionTime: as the library computes it', () => {
  for (const { elapsedMs, k, n, minMs, maxMs, remainingMs } of vectors.remainingSuspicion) {
    const times: SuspicionTimes = { confirmationsNeeded: k, minMs, maxMs };
    // Beyond k confirmations the library's bare formula goes on; a suspicion takes no more than k.
    expect(suspicionTotalMs(times, Math.min(n, k)) - elapsedMs, `${n} of ${k}`).toBe(remainingMs);
  }
});

it.each([
  { members: 1, confirmationsNeeded: 0 },
  { members: 3, confirmationsNeeded: 0 },
  { members: 4, confirmationsNeeded: 2 },
  { members: 1000, confirmationsNeeded: 2 },
])('Suspicion_ZeroK: $members members can give $confirmationsNeeded confirmations in the lan', (row) => {
  expect(suspicionPlan(SWIM_PROFILES.lan, row.members).confirmationsNeeded).toBe(row.confirmationsNeeded);
});

it.each([
  { members: 10, minMs: 4000, maxMs: 24_000 },
  { members: 100, minMs: 8000, maxMs: 48_000 },
  { members: 1000, minMs: 12_000, maxMs: 72_000 },
  { members: 10_000, minMs: 16_000, maxMs: 96_000 },
])('lan with $members members: $minMs to $maxMs ms', ({ members, minMs, maxMs }) => {
  expect(suspicionPlan(SWIM_PROFILES.lan, members)).toMatchObject({ minMs, maxMs });
});

it('Suspicion_Timer: new accusers bring the deadline nearer, the first one and repetitions do not', () => {
  const suspicion = new Suspicion(
    { confirmationsNeeded: 3, minMs: 2000, maxMs: 30_000, lastProbeMs: 0 },
    'first',
    1000,
  );
  const steps = ['first', 'a', 'a', 'b', 'c', 'd'].map((accuser) => [suspicion.confirm(accuser), suspicion.dueMs]);
  expect(steps).toEqual([
    [false, 31_000],
    [true, 17_000],
    [false, 17_000],
    [true, 8810],
    [true, 3000],
    [false, 3000],
  ]);
});

it('a stall is taken out of the time', () => {
  const suspicion = new Suspicion({ confirmationsNeeded: 3, minMs: 2000, maxMs: 30_000, lastProbeMs: 0 }, 'first', 0);
  suspicion.postpone(700);
  suspicion.confirm('a');
  expect(suspicion.dueMs).toBe(16_700);
});
