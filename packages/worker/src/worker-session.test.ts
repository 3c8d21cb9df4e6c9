import type { ToWorker } from '@dkron/jobs';
import { describe, expect, it } from 'vitest';
import { FakeServer, SUCCESS, WorkerBench, text } from '../test/worker-bench.ts';

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const verdict = (id: string, what: 'keep' | 'resend' | 'kill' | 'forget') => ({ id, attempt: 1, verdict: what });

describe('reconnect', () => {
  it('G-X16: a broken session leaves the job running; the next one takes it over and gets one result', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    await first.dispatch();
    first.drop();
    expect(bench.runs[0]!.context.signal.aborted).toBe(false);
    const second = new FakeServer(worker, bench.time);
    await second.welcome({ term: 6n, verdicts: [verdict('1-n', 'keep')] });
    expect(second.all('hello')[0]).toMatchObject({ maxTerm: 5n, items: [{ id: '1-n', state: 'running' }] });
    expect(second.all('started')).toHaveLength(1);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(second.all('finished')).toMatchObject([{ seq: 2 }]);
    expect(bench.runs).toHaveLength(1);
  });

  it('a result that came while nobody listened is sent after the welcome', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    await first.dispatch();
    const second = new FakeServer(worker, bench.time);
    await bench.time.advance(0);
    first.drop();
    bench.runs[0]!.end(SUCCESS);
    await second.welcome();
    expect(second.all('hello')[0]!.items).toMatchObject([{ state: 'running' }]);
    expect(second.all('finished')).toHaveLength(1);
  });

  it('kill ends what runs and reports it; forget drops what ended', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    await first.dispatch({ id: 'runs' });
    await first.dispatch({ id: 'ended' });
    bench.runs[1]!.end(SUCCESS);
    await bench.time.advance(0);
    first.drop();
    const second = new FakeServer(worker, bench.time);
    await second.welcome({ verdicts: [verdict('runs', 'kill'), verdict('ended', 'forget')] });
    expect(bench.runs[0]!.context.signal.aborted).toBe(true);
    expect(worker.undelivered).toBe(0);
    bench.runs[0]!.end({ success: false, error: 'signal: terminated', reason: 'cancelled' });
    await bench.time.advance(0);
    expect(second.all('finished')).toMatchObject([{ id: 'runs', report: { cancelled: true } }]);
  });

  it('the newer session replaces the older only when it is welcomed', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    const second = new FakeServer(worker, bench.time);
    await first.dispatch();
    expect(first.closedWith).toBeNull();
    await second.welcome();
    expect(first.closedWith).toBe('superseded');
    expect(second.all('started')).toHaveLength(1);
  });
});

describe('fencing', () => {
  it('a lower term ends the session, also after a restart', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    await first.dispatch({ id: 'a' }, 7n);
    await first.dispatch({ id: 'b' }, 6n);
    expect(first.closedWith).toBe('term: 6 is lower than 7');
    expect(bench.runs).toHaveLength(1);
    const second = new FakeServer(await bench.boot(), bench.time);
    await second.welcome({ term: 6n });
    expect(second.all('hello')[0]!.maxTerm).toBe(7n);
    expect(second.closedWith).toBe('term: 6 is lower than 7');
  });

  it('a cancel of a lower term changes nothing', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    await server.cancel('1-n', 4n);
    expect(server.closedWith).toBe('term: 4 is lower than 5');
    expect(bench.runs[0]!.context.signal.aborted).toBe(false);
  });

  it('terms of another cluster do not count', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    await bench.session(worker);
    const other = new FakeServer(worker, bench.time);
    await other.welcome({ clusterId: 'other', term: 1n });
    expect(other.closedWith).toBeNull();
  });

  it.each<[string, ToWorker]>([
    ['protocol: credit before welcome', { type: 'credit', bytes: 1 }],
    ['refused: busy', { type: 'refuse', code: 'busy', text: 'later' }],
  ])('ends with %j', async (reason, message) => {
    const bench = new WorkerBench();
    const server = new FakeServer(await bench.boot(), bench.time);
    await server.give(message);
    expect(server.closedWith).toBe(reason);
  });

  it('a gap in the sequence, or an ack of what was not sent, ends the session', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const first = await bench.session(worker);
    first.seq = 1;
    await first.dispatch();
    expect(first.closedWith).toBe('sequence: 2 after 0');
    const second = await bench.session(worker);
    await second.give({ type: 'ack', seq: 1 });
    expect(second.closedWith).toBe('sequence: ack of 1 after 0 sent');
    expect(bench.runs).toHaveLength(0);
  });
});

describe('lease', () => {
  it('pings every fifth of the lease and gives up on a silent server', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await bench.time.advance(9000);
    expect(server.all('ping').map(({ n }) => n)).toEqual([1, 2, 3]);
    await server.give({ type: 'pong', n: 3 });
    await bench.time.advance(15_000);
    expect(server.closedWith).toBeNull();
    await bench.time.advance(3000);
    expect(server.closedWith).toBe('lease: server is silent');
  });

  it('gives up on a server that does not welcome', async () => {
    const bench = new WorkerBench();
    const server = new FakeServer(await bench.boot(), bench.time);
    await bench.time.advance(10_000);
    expect(server.closedWith).toBe('no welcome in time');
  });
});

describe('output', () => {
  it('G-X13: a watcher gets what was written before, then each chunk, until it stops watching', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    const output = (chunk: Uint8Array, stderr: boolean): void => bench.runs[0]!.context.output(chunk, stderr);
    output(bytes('one '), false);
    output(bytes('two '), false);
    await server.give({ type: 'watch', id: '1-n', on: true });
    output(bytes('three'), true);
    await bench.time.advance(0);
    await server.give({ type: 'watch', id: '1-n', on: false });
    output(bytes('four'), false);
    await bench.time.advance(0);
    const chunks = server.all('output').map((m) => [m.offset, text(m.bytes), m.stderr]);
    expect(chunks).toEqual([
      [0, 'one two ', false],
      [8, 'three', true],
    ]);
  });

  it('without credit chunks are dropped, the kept output is whole, and start and result still pass', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    await server.give({ type: 'watch', id: '1-n', on: true });
    const chunk = new Uint8Array(300_000).fill(65);
    for (let i = 0; i < 5; i++) bench.runs[0]!.context.output(chunk, false);
    await server.give({ type: 'credit', bytes: 200_000 });
    bench.runs[0]!.context.output(chunk, false);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(server.all('output').map(({ offset }) => offset)).toEqual([0, 300_000, 600_000, 1_500_000]);
    expect(server.all('finished')[0]!.report.output.totalBytes).toBe(1_800_000);
  });

  it('many small chunks never take the window from starts and results', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    await server.dispatch();
    await server.give({ type: 'watch', id: '1-n', on: true });
    for (let i = 0; i < 1000; i++) bench.runs[0]!.context.output(bytes('x'), false);
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    expect(server.all('output')).toHaveLength(127);
    expect(server.all('finished')).toHaveLength(1);
  });
});

describe('window', () => {
  it('sends at most 256 unacknowledged updates, in order, none lost', async () => {
    const bench = new WorkerBench();
    const server = await bench.session(await bench.boot());
    for (let i = 0; i < 200; i++) await server.dispatch({ id: `${i}` });
    for (const run of bench.runs) run.end(SUCCESS);
    await bench.time.advance(0);
    const seqs = () => [...server.all('started'), ...server.all('finished')].map(({ seq }) => seq);
    expect(seqs()).toHaveLength(256);
    await server.give({ type: 'ack', seq: 256 });
    expect(seqs()).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  });
});

describe('drain and stop', () => {
  it('refuses new work and lets the running end', async () => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const server = await bench.session(worker);
    await server.dispatch({ id: 'a' });
    worker.drain();
    await server.dispatch({ id: 'b' });
    expect(server.all('drain')).toHaveLength(1);
    expect(server.all('refused')).toMatchObject([{ id: 'b', reason: 'draining' }]);
    const stopped = worker.stop({ timeoutMs: 60_000 });
    bench.runs[0]!.end(SUCCESS);
    await bench.time.advance(0);
    await server.give({ type: 'ack', seq: 3 });
    await bench.time.advance(0);
    await stopped;
    expect(server.closedWith).toBe('worker stopped');
    expect(server.all('finished')[0]!.report.success).toBe(true);
  });

  it.each([
    ['the time is over', 5000, false],
    ['it is asked twice', 0, true],
  ])('kills what runs when %s, with the reason restart', async (_, waitMs, again) => {
    const bench = new WorkerBench();
    const worker = await bench.boot();
    const server = await bench.session(worker);
    await server.dispatch();
    const stopped = worker.stop({ timeoutMs: 5000 });
    await bench.time.advance(0);
    expect(bench.runs[0]!.context.signal.aborted).toBe(false);
    if (again) void worker.stop({ timeoutMs: 5000 });
    await bench.time.advance(waitMs);
    expect(bench.runs[0]!.context.signal.aborted).toBe(true);
    bench.runs[0]!.end({ success: false, error: 'signal: terminated', reason: 'cancelled' });
    await bench.time.advance(1000);
    await stopped;
    expect(server.all('finished')[0]!.report).toMatchObject({ success: false, cancelled: false, reason: 'restart' });
  });
});
