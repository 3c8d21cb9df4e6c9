import type { ExecutionUpdate, Notice, NoticeChannel } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { describe, expect, it } from 'vitest';
import { finished, jobDefinition, manualRun, putJob } from '../testing/fixtures.ts';
import { openHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';

const output = (text: string): { head: Uint8Array; tail: Uint8Array; totalBytes: number } => {
  const bytes = new TextEncoder().encode(text);
  return { head: bytes, tail: bytes, totalBytes: bytes.length };
};

/** Job `a` with an owner, run by hand at 20 on n1. */
async function running(
  changes: Parameters<typeof jobDefinition>[1] = {},
): Promise<Harness & { readonly tell: (...updates: ExecutionUpdate[]) => Promise<void> }> {
  const harness = await openHarness({ retention: { executionsPerJob: 2 } });
  await harness.apply(putJob(10n, jobDefinition('a', { ownerEmail: 'o@example.org', ...changes })));
  await harness.apply(manualRun(20n, 'a'));
  const tell = async (...updates: ExecutionUpdate[]): Promise<void> => {
    await harness.apply({ type: 'executionUpdates', stamp: harness.stamp(), updates, notify: NOTICE_CHANNELS });
  };
  return { ...harness, tell };
}

const lines = ({ store }: Harness): string[] =>
  store
    .notices()
    .list()
    .map(({ channel, event, execution }: Notice) => `${event} ${channel} ${execution.state}`);

const settle = ({ store }: Harness, channel: NoticeChannel): bigint =>
  store
    .notices()
    .list()
    .find((notice) => notice.channel === channel)?.id ?? 0n;

const START = ['start cronitor running', 'start pre-webhook running'];

describe('notices', () => {
  it('G-N1: one per attempt and channel, with the start and with the end, however often they are reported', async () => {
    const harness = await running();
    const started = { kind: 'started', id: '20-n1', attempt: 1, at: 21n } as const;
    await harness.tell(started, started);
    expect(lines(harness)).toEqual(START);
    const report = finished('20-n1', 'success', { output: output('x') });
    await harness.tell(report, report);
    await harness.tell(started);
    expect(lines(harness)).toEqual([...START, 'end cronitor success', 'end mail success', 'end webhook success']);
    expect(harness.store.notices().list()[3]).toMatchObject({
      recipient: 'o@example.org',
      outputBytes: 2,
      attempts: 0,
    });
  });

  it('the start of a run whose end alone is reported is told, too; of one that never started it is not', async () => {
    const short = await running();
    await short.tell(finished('20-n1', 'success'));
    expect(lines(short).slice(0, 2)).toEqual(START);
    expect(short.store.notices().list()[0]?.execution.startedAt).toBe(finished('20-n1', 'success').startedAt);
    const refused = await running();
    await refused.tell(finished('20-n1', 'failed', { startedAt: ZERO_TIME }));
    expect(lines(refused)).toEqual(['end cronitor failed', 'end mail failed', 'end webhook failed']);
  });

  it('none without a wish, no mail without an owner', async () => {
    const harness = await running({ ownerEmail: '' });
    await harness.update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n });
    expect(lines(harness)).toEqual([]);
    await harness.tell(finished('20-n1', 'failed'));
    expect(lines(harness)).toEqual(['end cronitor failed', 'end webhook failed']);
  });

  it('the end of an attempt that is tried again is not told of; that of the last one is', async () => {
    const harness = await running({ retries: 1 });
    await harness.tell(finished('20-n1', 'failed'));
    expect(lines(harness)).toEqual(START);
    const due = [...harness.store.dues()][0]!;
    const target = { executionId: '90-n1', stamp: 90n, nodeName: 'n1' };
    const start = {
      kind: 'retry',
      dueId: due.id,
      jobName: 'a',
      group: 20n,
      attempt: 2,
      fromNode: 'n1',
      target,
    } as const;
    await harness.apply({ type: 'startRuns', stamp: 90n, starts: [start] });
    await harness.tell(finished('90-n1', 'failed', { attempt: 2 }));
    expect(lines(harness)).toEqual([
      ...START,
      ...START,
      'end cronitor failed',
      'end mail failed',
      'end webhook failed',
    ]);
  });

  it('a cancelled run is told of; a lost one that comes back takes unsent words back, and its start is told then', async () => {
    const cancelled = await running();
    await cancelled.tell({ kind: 'cancelRequested', id: '20-n1', at: 22n, slotHoldMs: null });
    expect(lines(cancelled)).toEqual(['end cronitor cancelled', 'end mail cancelled', 'end webhook cancelled']);
    const lost = await running();
    await lost.tell(finished('20-n1', 'lost', { startedAt: ZERO_TIME }));
    expect(lines(lost)).toEqual(['end cronitor lost', 'end mail lost', 'end webhook lost']);
    await lost.tell({ kind: 'started', id: '20-n1', attempt: 1, at: 21n });
    expect(lines(lost)).toEqual(START);
  });

  it('settled: sent ones go, deferred ones stay with their times, unknown ones change nothing', async () => {
    const harness = await running();
    await harness.update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n });
    await harness.tell(finished('20-n1', 'success'));
    const [mail, webhook, cronitor] = [
      settle(harness, 'mail'),
      settle(harness, 'webhook'),
      settle(harness, 'cronitor'),
    ];
    const stamp = harness.stamp();
    const deferred = { kind: 'deferred', id: webhook, attempts: 3, dueAt: 77n, lengthMs: 9 } as const;
    const outcomes = [
      { kind: 'sent', id: mail },
      deferred,
      { kind: 'dropped', id: cronitor },
      { kind: 'sent', id: 1n },
    ] as const;
    expect(await harness.apply({ type: 'settleNotices', stamp, outcomes })).toEqual({ known: 3 });
    expect(harness.store.notices().list()).toMatchObject([{ id: webhook, attempts: 3, dueAt: 77n, lengthMs: 9 }]);
    expect(harness.events.flatMap((event) => (event.type === 'notice' ? event.change : []))).toEqual([
      'added',
      'added',
      'added',
      'removed',
      'deferred',
      'removed',
    ]);
  });

  it('what was printed is kept until it was told, though the job is gone, the history full, or the run without a place', async () => {
    const gone = await running({ ephemeral: true });
    await gone.tell(finished('20-n1', 'success', { output: output('ephemeral') }));
    expect(gone.store.getJob('a')).toBeUndefined();
    expect(gone.store.getOutput('20-n1')?.totalBytes).toBe(9);
    const outcomes = [{ kind: 'sent', id: settle(gone, 'mail') }] as const;
    await gone.apply({ type: 'settleNotices', stamp: gone.stamp(), outcomes });
    expect(gone.store.getOutput('20-n1')).toBeDefined();
    await gone.apply({
      type: 'settleNotices',
      stamp: gone.stamp(),
      outcomes: [{ kind: 'dropped', id: settle(gone, 'webhook') }],
    });
    expect(gone.store.getOutput('20-n1')).toBeUndefined();

    const full = await running();
    for (const stamp of [30n, 40n, 50n]) await full.apply(manualRun(stamp, 'a'));
    await full.tell(finished('20-n1', 'success', { output: output('late') }));
    expect(full.store.getExecution('20-n1')).toBeUndefined();
    expect(full.store.getOutput('20-n1')?.totalBytes).toBe(4);
    await full.tell(finished('30-n1', 'success'));
    const cleared = await running();
    await cleared.tell(finished('20-n1', 'success', { output: output('old') }));
    await cleared.apply({ type: 'deleteExecutions', stamp: 60n, name: 'a' });
    expect(cleared.store.getOutput('20-n1')?.totalBytes).toBe(3);
  });

  it('waits for processors', async () => {
    const harness = await running({ processors: { log: {} } });
    await harness.update({ kind: 'started', id: '20-n1', attempt: 1, at: 21n });
    await harness.tell(finished('20-n1', 'success', { output: output('raw') }));
    const [due] = [...harness.store.dues()];
    expect(
      harness.store
        .notices()
        .list()
        .map(({ awaits }) => awaits),
    ).toEqual([due!.id, due!.id, due!.id]);
  });
});
