import type { FinishedReport } from '@dkron/jobs';
import { silentLogger } from '@dkron/runtime';
import { ManualTime } from '@dkron/runtime/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DirectRequest } from './direct-runs.ts';
import { DirectRuns } from './direct-runs.ts';
import type { ExecuteContext, ExecuteResult } from './executor.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('DirectRuns', () => {
  let time: ManualTime;
  let runs: DirectRuns;
  let begun: { context: ExecuteContext; end: (result?: Partial<ExecuteResult>) => void }[];

  beforeEach(() => {
    time = new ManualTime();
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
    runs = new DirectRuns(2, { executors, clock: time, timers: time, logger: silentLogger });
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
    begun[0]!.context.output(new TextEncoder().encode('hi'), false);
    begun[0]!.end({ success: false, error: 'exit status 1' });
    await time.advance(0);
    expect(seen.events).toEqual(['started', 'hi', 'false exit status 1\nhi']);
    expect(runs.running).toBe(0);
  });

  it('G-X2: the same attempt again joins the run or its end, and starts nothing', async () => {
    const [first, second, third] = [observer(), observer(), observer()];
    const detach = runs.run(request(), first);
    runs.run(request(), second);
    detach();
    begun[0]!.end();
    await time.advance(0);
    runs.run(request(), third);
    expect([first.events, second.events, third.events]).toEqual([
      ['started'],
      ['started', 'true '],
      ['started', 'true '],
    ]);
    runs.run(request(2), observer());
    expect(begun).toHaveLength(2);
  });

  it('an executor that is not there is the end of the run', async () => {
    const seen = observer();
    runs.run(request(1, 'none'), seen);
    await time.advance(0);
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
      begun.at(-1)!.end();
      await time.advance(0);
    }
    runs.run(request(300), observer());
    expect(begun).toHaveLength(300);
    runs.run(request(1), observer());
    expect(begun).toHaveLength(301);
  });

  it('stop waits, then kills', async () => {
    const seen = observer();
    runs.run(request(), seen);
    const stopped = runs.stop(500);
    expect(() => runs.run(request(2), observer())).toThrow('draining');
    await time.advance(499);
    expect(seen.events).toEqual(['started']);
    await time.advance(1);
    await stopped;
    expect(seen.events.at(-1)).toContain('killed');
  });
});
