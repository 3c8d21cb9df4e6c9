import type { FinishedReport } from '@dkron/jobs';
import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DirectRequest } from './direct-runs.ts';
import { DirectRuns } from './direct-runs.ts';
import type { ExecuteContext, ExecuteResult } from './executor.ts';
import { Journal } from './journal/journal.ts';
import { MemoryJournalStorage } from './journal/memory.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('DirectRuns', () => {
  let time: ManualTime;
  let runs: DirectRuns;
  let storage: MemoryJournalStorage;
  let killed: number[];
  let begun: { context: ExecuteContext; end: (result?: Partial<ExecuteResult>) => void }[];

  /** A boot of the node, on what the one before has left. */
  const boot = async (): Promise<void> => {
    begun = [];
    const executor = {
      name: 'fake',
      execute: (_: unknown, context: ExecuteContext) =>
        new Promise<ExecuteResult>((resolve) => {
          const end = (result: Partial<ExecuteResult> = {}): void => resolve({ success: true, error: '', ...result });
          context.signal.addEventListener('abort', () => end({ success: false, error: 'killed' }));
          begun.push({ context, end });
        }),
    };
    const executors = { get: (name: string) => (name === 'fake' ? executor : undefined), names: () => ['fake'] };
    const processes = { killGroup: (group: number) => killed.push(group) > 0 };
    const modules = { clock: time, timers: time, logger: silentLogger };
    const journal = await Journal.open({}, { ...modules, storage, processes, random: seededRandom(1) });
    runs = new DirectRuns(2, { ...modules, executors, journal });
  };
  /** Lets the journal write. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await time.advance(1);
  };

  beforeEach(async () => {
    time = new ManualTime();
    storage = new MemoryJournalStorage();
    killed = [];
    await boot();
  });

  const request = (attempt = 1, executor = 'fake'): DirectRequest => {
    const job = { name: 'job', executor, executorConfig: null } as unknown as DirectRequest['job'];
    return { job, group: 5n, attempt, timeoutMs: null, killGraceMs: 1000 };
  };
  const observer = (): {
    events: string[];
    started: () => void;
    output: (b: Uint8Array) => void;
    finished: (r: FinishedReport) => void;
  } => {
    const events: string[] = [];
    return {
      events,
      started: () => void events.push('started'),
      output: (bytes) => void events.push(text(bytes)),
      finished: ({ success, output }) => void events.push(`${success} ${text(output.tail)}`),
    };
  };

  it('tells the start, the output and the end', async () => {
    const seen = observer();
    runs.run(request(), seen);
    await settle();
    begun[0]!.context.output(new TextEncoder().encode('hi'), false);
    begun[0]!.end({ success: false, error: 'exit status 1' });
    await settle();
    expect(seen.events).toEqual(['started', 'hi', 'false exit status 1\nhi']);
    expect(runs.running).toBe(0);
  });

  it('G-X2: the same attempt again joins the run or its end, and starts nothing', async () => {
    const [first, second, third] = [observer(), observer(), observer()];
    const detach = runs.run(request(), first);
    runs.run(request(), second);
    await settle();
    detach();
    begun[0]!.end();
    await settle();
    runs.run(request(), third);
    expect([first.events, second.events, third.events]).toEqual([
      ['started'],
      ['started', 'true '],
      ['started', 'true '],
    ]);
    runs.run(request(2), observer());
    await settle();
    expect(begun).toHaveLength(2);
  });

  it('an executor that is not there is the end of the run', async () => {
    const seen = observer();
    runs.run(request(1, 'none'), seen);
    await settle();
    expect(seen.events).toEqual(['started', 'false grpc_agent: Specified executor is not present']);
  });

  it('has so many slots', () => {
    runs.run(request(1), observer());
    runs.run(request(2), observer());
    expect(() => runs.run(request(3), observer())).toThrow('no free slot: 2 in use');
  });

  it('remembers so many ends and no more', async () => {
    for (let attempt = 1; attempt <= 300; attempt++) {
      runs.run(request(attempt), observer());
      await settle();
      begun.at(-1)!.end();
      await settle();
    }
    runs.run(request(300), observer());
    await settle();
    expect(begun).toHaveLength(300);
    runs.run(request(1), observer());
    await settle();
    expect(begun).toHaveLength(301);
  });

  it('stop waits, then kills', async () => {
    const seen = observer();
    runs.run(request(), seen);
    await settle();
    const stopped = runs.stop(500);
    expect(() => runs.run(request(2), observer())).toThrow('draining');
    await time.advance(499);
    expect(seen.events).toEqual(['started']);
    await time.advance(1);
    await stopped;
    expect(seen.events.at(-1)).toContain('killed');
  });

  it('G-X2: after a restart of the node, too, a run that ended is answered and not started', async () => {
    runs.run(request(), observer());
    await settle();
    begun[0]!.context.output(new TextEncoder().encode('once'), false);
    begun[0]!.end();
    await settle();
    await runs.stop(0);
    await boot();
    const again = observer();
    runs.run(request(), again);
    await settle();
    expect([again.events, begun.length]).toEqual([['started', 'true once'], 0]);
  });

  it('what ran when the node died has failed, is not started again, and leaves nothing running', async () => {
    runs.run(request(), observer());
    await settle();
    begun[0]!.context.started?.({ processGroup: 4711, startTime: '1' });
    await settle();
    await boot();
    expect(killed).toEqual([4711]);
    for (let boots = 0; boots < 2; boots += 1) {
      const again = observer();
      runs.run(request(), again);
      await settle();
      expect(again.events).toEqual(['started', 'false the node was restarted while this ran']);
      expect(begun).toHaveLength(0);
      await runs.stop(0);
      await boot();
    }
  });

  it('a run that cannot be journaled fails unstarted, and may be asked for again', async () => {
    storage.failure = new Error('ENOSPC');
    const seen = observer();
    runs.run(request(), seen);
    await settle();
    expect(seen.events).toEqual(['started', 'false journal cannot be written: ENOSPC']);
    expect([begun.length, runs.running]).toEqual([0, 0]);
    storage.failure = null;
    runs.run(request(), observer());
    await settle();
    expect(begun).toHaveLength(1);
  });

  it('a stop that comes before the start', async () => {
    const seen = observer();
    runs.run(request(), seen);
    const stopped = runs.stop(0);
    await settle();
    await stopped;
    expect([seen.events.length, begun.filter(({ context }) => !context.signal.aborted)]).toEqual([2, []]);
  });
});
