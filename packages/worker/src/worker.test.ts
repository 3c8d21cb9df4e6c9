import type { JobDefinition } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { SUCCESS, WorkerBench, dispatchOf, text } from '../test/worker-bench.ts';

const job = (over: object): JobDefinition => ({ ...dispatchOf().job, ...over });
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('one execution', () => {
  it('is journaled and synced before it starts, then acknowledged, started and finished in order', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    let durableAtStart = 0;
    const before = bench.storage.durableBytes;
    await server.dispatch();
    durableAtStart = bench.storage.durableBytes;
    expect(durableAtStart).toBeGreaterThan(before);
    expect(bench.runs[0]!.request).toEqual({
      jobName: 'job',
      executionId: '1-n',
      attempt: 1,
      config: { key: 'value' },
      killGraceMs: 1000,
    });
    bench.runs[0]!.context.output(bytes('hello'), false);
    await bench.time.advance(250);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(server.sent.map((message) => message.type)).toEqual(['hello', 'ack', 'started', 'finished']);
    const { report, seq } = server.all('finished')[0]!;
    expect(seq).toBe(2);
    expect(report).toMatchObject({ success: true, cancelled: false, reason: null, exitCode: null });
    expect(report.finishedAt - report.startedAt).toBe(250_000_000n);
    expect(text(report.output.tail)).toBe('hello');
  });

  it('puts the failure text before the output', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    bench.runs[0]!.context.output(bytes('out'), true);
    bench.runs[0]!.end({ success: false, error: 'exit status 2', reason: 'exit', exitCode: 2 });
    await bench.time.advance(0);
    const { report } = server.all('finished')[0]!;
    expect(report).toMatchObject({ success: false, reason: 'exit', exitCode: 2 });
    expect(text(report.output.tail)).toBe('exit status 2\nout');
  });

  it.each([
    ['', /^grpc: Error on execution .* = grpc_agent: No executor defined, nothing to do$/],
    ['nope', /^grpc_agent: Specified executor is not present$/],
  ])('fails when the executor is %j', async (executor, output) => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch({ job: job({ executor }) });
    const { report } = server.all('finished')[0]!;
    expect(report).toMatchObject({ success: false, reason: 'executor' });
    expect(text(report.output.tail)).toMatch(output);
  });

  it('fails when the executor throws', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    bench.runs[0]!.fail(new Error('broken'));
    await bench.time.advance(0);
    const { report } = server.all('finished')[0]!;
    expect(report).toMatchObject({ success: false, reason: 'executor' });
    expect(text(report.output.tail)).toBe('broken\n');
  });

  it('G-X11: is aborted at its timeout even by an executor that does not keep time', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch({ timeoutMs: 2000 });
    expect(bench.runs[0]!.request.timeoutMs).toBe(2000);
    await bench.time.advance(2000);
    expect(bench.runs[0]!.context.signal.aborted).toBe(false);
    await bench.time.advance(500);
    expect(bench.runs[0]!.context.signal.aborted).toBe(true);
    bench.runs[0]!.end({ success: false, error: 'killed', reason: 'cancelled' });
    await bench.time.advance(0);
    expect(server.all('finished')[0]!.report).toMatchObject({ success: false, cancelled: false, reason: 'timeout' });
  });

  it('is given up when its executor ignores the abort', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const server = await bench.session(worker);
    await server.dispatch({ timeoutMs: 2000 });
    await bench.time.advance(2500 + 1000 + 9_999);
    expect(worker.running).toBe(1);
    await bench.time.advance(1);
    expect(worker.running).toBe(0);
    expect(server.all('finished')[0]!.report.reason).toBe('timeout');
  });

  it('G-X11: is cancelled on request, and a success that came first stands', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch({ id: 'a' });
    await server.dispatch({ id: 'b' });
    await server.cancel('a');
    await server.cancel('b');
    await server.cancel('unknown');
    expect(server.all('ack').at(-1)!.seq).toBe(5);
    bench.runs[0]!.end({ success: false, error: 'signal: terminated', reason: 'cancelled' });
    bench.runs[1]!.end(SUCCESS);
    await bench.time.advance(0);
    const [a, b] = server.all('finished').map(({ report }) => report);
    expect(a).toMatchObject({ success: false, cancelled: true, reason: 'cancelled' });
    expect(b).toMatchObject({ success: true, cancelled: false, reason: null });
  });

  it('takes no more than its slots', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot({ slots: 2 }));
    for (const id of ['a', 'b', 'c']) await server.dispatch({ id });
    expect(bench.runs).toHaveLength(2);
    expect(server.all('refused')).toMatchObject([{ id: 'c', reason: 'no free slot: 2 in use' }]);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    await server.dispatch({ id: 'd' });
    expect(bench.runs).toHaveLength(3);
  });

  it('refuses options out of range by name and value', async () => {
    const bench = new WorkerBench();
    await expect(bench.boot({ slots: 0 })).rejects.toThrow('slots: 0; allowed are 1 to 100000');
  });
});

describe('journal and executions', () => {
  it('all accepts of one turn share one sync', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    const before = bench.storage.syncs;
    const dispatches = ['a', 'b', 'c', 'd'].map((id, i) => ({
      type: 'dispatch' as const,
      seq: i + 1,
      term: 5n,
      dispatch: dispatchOf({ id }),
    }));
    await server.give(...dispatches);
    expect(bench.runs).toHaveLength(4);
    expect(bench.storage.syncs - before).toBe(1);
  });

  it('a full disk refuses the dispatch, and nothing starts', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const server = await bench.session(worker);
    bench.storage.failure = new Error('ENOSPC: no space left on device');
    await server.dispatch();
    expect(bench.runs).toHaveLength(0);
    expect(worker.running).toBe(0);
    expect(server.all('refused')[0]!.reason).toBe('journal cannot be written: ENOSPC: no space left on device');
    bench.storage.failure = null;
    await server.dispatch({ id: '2-n' });
    expect(bench.runs).toHaveLength(1);
  });

  it('a result that could not be written is delivered, and written when there is room again', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    bench.storage.failure = new Error('ENOSPC');
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(server.all('finished')).toHaveLength(1);
    bench.storage.failure = null;
    await bench.time.advance(1000);
    const next = await bench.session(await bench.boot());
    expect(next.all('hello')[0]!.items).toMatchObject([{ id: '1-n', state: 'finished' }]);
  });

  it('G-X2: the same attempt twice is acknowledged, its state sent again, and never started twice', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    const twice = (seq: number) => ({ type: 'dispatch' as const, seq, term: 5n, dispatch: dispatchOf() });
    await server.give(twice(1), twice(2));
    server.seq = 2;
    await server.dispatch();
    expect(bench.runs).toHaveLength(1);
    expect(server.all('ack').at(-1)!.seq).toBe(3);
    expect(server.all('started').length).toBeGreaterThan(1);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    await server.dispatch();
    expect(bench.runs).toHaveLength(1);
    expect(server.all('finished')).toHaveLength(2);
    await server.dispatch({ attempt: 2 });
    expect(bench.runs).toHaveLength(2);
  });

  it('G-X2: an attempt of an earlier boot is not started again', async () => {
    const bench = new WorkerBench();
    const first = await bench.session(await bench.boot());
    await first.dispatch();
    const second = await bench.session(await bench.boot());
    expect(second.all('hello')[0]!.items).toMatchObject([{ id: '1-n', attempt: 1, state: 'died' }]);
    await second.dispatch();
    expect(bench.runs).toHaveLength(1);
    expect(second.all('refused')[0]!.reason).toBe('died with an earlier boot');
  });

  it('kills the process group an earlier boot left, then reports the execution as died', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    await first.dispatch();
    bench.runs[0]!.context.started!({ processGroup: 4711, startTime: '99' });
    await bench.time.advance(0);
    const startedAt = first.all('started')[0]!.at;
    const second = await bench.session(await bench.boot());
    expect(bench.killed).toEqual([[4711, '99']]);
    const hello = second.all('hello')[0]!;
    expect(hello.items).toEqual([{ id: '1-n', attempt: 1, state: 'died', startedAt }]);
    expect(hello.journal).toBe(first.all('hello')[0]!.journal);
    expect(hello.boot).not.toBe(first.all('hello')[0]!.boot);
  });

  it('tells starts together, and none of a run that ended before', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot({ startReportMs: 10 }));
    for (const id of ['1-n', '2-n', '3-n']) await server.dispatch(dispatchOf({ id }));
    bench.runs[1]!.end(SUCCESS);
    await bench.time.advance(9);
    expect(server.all('started')).toEqual([]);
    expect(server.all('finished').map(({ id }) => id)).toEqual(['2-n']);
    await bench.time.advance(1);
    expect(server.all('started').map(({ id }) => id)).toEqual(['1-n', '3-n']);
    await bench.time.advance(50);
    expect(server.all('started')).toHaveLength(2);
  });

  it('acknowledges with the end of a short run, after a moment, and before the window is full', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot({ startReportMs: 10 }));
    const told = (): string[] => server.sent.slice(1).map((message) => message.type);
    await server.dispatch(dispatchOf({ id: '1-n' }));
    expect(told()).toEqual([]);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(told()).toEqual(['ack', 'finished']);
    await bench.time.advance(50);
    expect(told()).toHaveLength(2);
    await server.dispatch(dispatchOf({ id: '2-n' }));
    await bench.time.advance(9);
    expect(server.all('ack')).toHaveLength(1);
    await bench.time.advance(1);
    expect(server.all('ack').at(-1)!.seq).toBe(2);
    for (let i = 0; i < 127; i++) await server.dispatch(dispatchOf({ id: `many-${i}` }));
    expect(server.all('ack')).toHaveLength(2);
    await server.dispatch(dispatchOf({ id: 'one more' }));
    expect(server.all('ack').at(-1)!.seq).toBe(130);
  });

  it('a run that is handed over soon costs one sync, one that is not costs two', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    const syncs = async (work: () => Promise<void>): Promise<number> => {
      const before = bench.storage.syncs;
      await work();
      await bench.time.advance(20);
      return bench.storage.syncs - before;
    };
    const run = async (id: string): Promise<void> => {
      await server.dispatch(dispatchOf({ id }));
      bench.runs.at(-1)!.end(SUCCESS);
      await bench.time.advance(0);
    };
    expect(await syncs(() => run('1-n'))).toBe(2);
    const handedOver = async (): Promise<void> => {
      await run('2-n');
      await server.give({ type: 'ack', seq: 4 });
    };
    expect(await syncs(handedOver)).toBe(1);
  });

  it('G-X12: a result nobody took is kept with its output over a restart and sent again until acknowledged', async () => {
    const bench = new WorkerBench();
    const first = await bench.session(await bench.boot());
    await first.dispatch();
    bench.runs[0]!.context.output(bytes('precious'), false);
    first.drop();
    bench.runs[0]!.end({ success: false, error: 'exit status 1', reason: 'exit', exitCode: 1 });
    await bench.time.advance(20);
    expect(first.all('finished')).toHaveLength(0);
    const second = await bench.session(await bench.boot());
    const sent = second.all('finished')[0]!;
    expect(sent.jobName).toBe('job');
    expect(text(sent.report.output.tail)).toBe('exit status 1\nprecious');
    expect(sent.report).toMatchObject({ success: false, reason: 'exit', exitCode: 1 });
    second.drop();
    const worker = await bench.boot();
    const third = await bench.session(worker);
    expect(third.all('finished')).toHaveLength(1);
    await third.give({ type: 'ack', seq: 1 });
    expect(worker.undelivered).toBe(0);
    await bench.time.advance(20);
    const fourth = await bench.session(await bench.boot());
    expect(fourth.all('hello')[0]!.items).toEqual([]);
  });
});
