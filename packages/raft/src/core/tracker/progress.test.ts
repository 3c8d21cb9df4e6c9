import { describe, expect, it } from 'vitest';
import { Inflights } from './inflights.ts';
import { Progress, type ProgressState } from './progress.ts';
import { describeProgress, viewProgress } from './view.ts';

function progress(fields: Partial<Progress> & { next: number }, window = new Inflights(256, 0)): Progress {
  const one = new Progress('b', fields.next, window);
  return Object.assign(one, fields);
}

describe('progress', () => {
  it('String: one line that tells what is out of the ordinary', () => {
    const window = new Inflights(1, 0);
    window.add(123, 1);
    const one = progress({ match: 1, next: 2, state: 'snapshot', pendingSnapshot: 123 }, window);
    one.isLearner = true;
    one.msgAppFlowPaused = true;
    expect(describeProgress(viewProgress(one))).toBe(
      'StateSnapshot match=1 next=2 learner paused pendingSnap=123 inactive inflight=1[full]',
    );
    const plain = progress({ match: 3, next: 4, recentActive: true });
    expect(describeProgress(viewProgress(plain))).toBe('StateProbe match=3 next=4');
  });

  it.each([
    ['probe', false, false],
    ['probe', true, true],
    ['replicate', false, false],
    ['replicate', true, true],
    ['snapshot', false, true],
    ['snapshot', true, true],
  ] as const)('IsPaused: %s with flow paused %s: %s', (state, msgAppFlowPaused, paused) => {
    expect(progress({ next: 1, state, msgAppFlowPaused }).isPaused()).toBe(paused);
  });

  it('IsPaused: while old entries are read from the disk', () => {
    expect(progress({ next: 1, state: 'replicate', pendingRead: 7 }).isPaused()).toBe(true);
  });

  it('Resume: a rejection or an acknowledgement lets a probe go on', () => {
    const one = progress({ next: 2, msgAppFlowPaused: true });
    one.maybeDecrTo(1, 1);
    expect(one.msgAppFlowPaused).toBe(false);
    one.msgAppFlowPaused = true;
    one.maybeUpdate(2);
    expect(one.msgAppFlowPaused).toBe(false);
  });

  it.each([
    ['replicate', 0, 2],
    ['snapshot', 10, 11],
    ['snapshot', 0, 2],
  ] as const)('BecomeProbe from %s with pending snapshot %d: next %d', (state, pendingSnapshot, next) => {
    const one = progress({ match: 1, next: 5, state, pendingSnapshot, sentCommit: 4 });
    one.becomeProbe();
    expect(one).toMatchObject({
      state: 'probe',
      match: 1,
      next,
      pendingSnapshot: 0,
      sentCommit: Math.min(4, next - 1),
    });
  });

  it('BecomeReplicate, BecomeSnapshot', () => {
    const one = progress({ match: 1, next: 5 });
    one.becomeReplicate();
    expect(one).toMatchObject({ state: 'replicate', match: 1, next: 2 });
    one.becomeSnapshot(10);
    expect(one).toMatchObject({ state: 'snapshot', match: 1, next: 11, pendingSnapshot: 10, sentCommit: 10 });
  });

  it.each([
    [2, 3, 5, false],
    [3, 3, 5, false],
    [4, 4, 5, true],
    [5, 5, 6, true],
  ])('Update: %d leads to match %d, next %d, news %s', (index, match, next, news) => {
    const one = progress({ match: 3, next: 5 });
    expect([one.maybeUpdate(index), one.match, one.next]).toEqual([news, match, next]);
  });

  const decreases: [
    ProgressState,
    match: number,
    next: number,
    rejected: number,
    hint: number,
    moved: boolean,
    to: number,
  ][] = [
    // Replicating: stale unless behind what is known to match.
    ['replicate', 5, 10, 5, 5, false, 10],
    ['replicate', 5, 10, 4, 4, false, 10],
    ['replicate', 5, 10, 9, 9, true, 6],
    // Probing: counts only for the probe that is out.
    ['probe', 0, 0, 0, 0, false, 0],
    ['probe', 0, 10, 5, 5, false, 10],
    ['probe', 0, 10, 9, 9, true, 9],
    ['probe', 0, 2, 1, 1, true, 1],
    ['probe', 0, 1, 0, 0, true, 1],
    ['probe', 0, 10, 9, 2, true, 3],
    ['probe', 0, 10, 9, 0, true, 1],
    ['probe', 4, 10, 9, 2, true, 5],
  ];
  it.each(decreases)(
    'MaybeDecr: %s (%d, %d) rejected %d, hint %d: %s, next %d',
    (state, match, next, rejected, hint, moved, to) => {
      const one = progress({ state, match, next });
      expect([one.maybeDecrTo(rejected, hint), one.match, one.next]).toEqual([moved, match, to]);
    },
  );

  it('appends to a peer that installs a snapshot are a broken invariant', () => {
    expect(() => progress({ next: 1, state: 'snapshot' }).sentEntries(1, 1)).toThrow('snapshot');
  });
});
