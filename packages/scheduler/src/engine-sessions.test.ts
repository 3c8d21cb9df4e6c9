import { beforeEach, describe, expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';
import { FakeWorker } from '../test/fake-worker.ts';
import { definition, Harness, member } from '../test/harness.ts';

describe('Engine: worker sessions', () => {
  let h: Harness;

  beforeEach(async () => {
    h = await Harness.start();
  });

  /** A pending execution on n1, and its id. */
  async function pending(retries = 0, tags: Record<string, string> | null = null): Promise<string> {
    await h.put(definition('a', '@manually', { retries, tags }));
    const run = await h.engine.runJob('a', { trigger: 'manual' });
    if (isRefusal(run)) throw new Error(run.message);
    return run.targets[0]!.executionId;
  }

  const stateOf = (id: string): string | undefined => h.store.getExecution(id)?.state;

  it('G-X1: a target without a session is lost(unreachable) after its lease, and retried', async () => {
    const id = await pending(1);
    await h.time.advance(14_000);
    expect(stateOf(id)).toBe('pending');
    await h.time.advance(5_000);
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'unreachable' });
    expect(h.executions('a').at(-1)).toMatchObject({ attempt: 2, state: 'pending', nodeName: 'n1' });
  });

  it('G-X1: with a cardinality the retry goes to another matching node', async () => {
    h.members = [member('n1'), member('n2')];
    const other = await h.connect('n2');
    await h.put(definition('a', '@manually', { retries: 1, tags: { region: 'global:1' } }));
    const beat = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 1_000) {
        other.tell({ type: 'ping', n: 1 });
        await h.time.advance(1_000);
      }
    };
    let lost: string | undefined;
    for (let i = 0; i < 20 && lost === undefined; i++) {
      const run = await h.engine.runJob('a', { trigger: 'manual' });
      if (!isRefusal(run) && run.targets[0]!.nodeName === 'n1') lost = run.targets[0]!.executionId;
    }
    await beat(20_000);
    expect(stateOf(lost!)).toBe('lost');
    const { group } = h.store.getExecution(lost!)!;
    const retry = h.executions('a').find((execution) => execution.group === group && execution.attempt === 2);
    expect(retry?.nodeName).toBe('n2');
    expect(other.dispatches.some(({ id }) => id === retry?.id)).toBe(true);
  });

  it('with a cardinality two retries of a run that are due at once go to two nodes', async () => {
    h.members = ['n1', 'n2', 'n3', 'n4'].map((name) => member(name));
    const others = [await h.connect('n3'), await h.connect('n4')];
    await h.put(definition('a', '@manually', { retries: 1, tags: { region: 'global:2' } }));
    const lost: bigint[] = [];
    for (let i = 0; i < 60; i++) {
      const run = await h.engine.runJob('a', { trigger: 'manual' });
      if (isRefusal(run)) throw new Error(run.message);
      const nodes = run.targets.map(({ nodeName }) => nodeName).toSorted();
      if (nodes.join() === 'n1,n2') lost.push(run.group);
    }
    for (let i = 0; i < 25; i++) {
      for (const other of others) other.tell({ type: 'ping', n: i });
      await h.time.advance(1_000);
    }
    expect(lost.length).toBeGreaterThan(3);
    for (const group of lost) {
      const retries = h.executions('a').filter((execution) => execution.group === group && execution.attempt === 2);
      expect(retries.map(({ nodeName }) => nodeName).toSorted()).toEqual(['n3', 'n4']);
    }
  });

  it('a retry does not move to a node that had a part in its run (a simulated cluster, seed 24 of an hour)', async () => {
    h.members = [member('n1'), member('n2')];
    let here = await h.connect('n2');
    const beat = async (): Promise<void> => {
      for (let second = 0; second < 20; second++) {
        here.tell({ type: 'ping', n: second });
        await h.time.advance(1_000);
      }
    };
    await h.put(definition('a', '@manually', { retries: 2, tags: { region: 'global:1' } }));
    let group = 0n;
    for (let i = 0; i < 20 && group === 0n; i++) {
      const run = await h.engine.runJob('a', { trigger: 'manual' });
      if (!isRefusal(run) && run.targets[0]!.nodeName === 'n1') group = run.group;
    }
    await beat();
    here.disconnect();
    here = await h.connect('n1');
    await beat();
    await beat();
    const parts = h.executions('a').filter((execution) => execution.group === group);
    expect(parts.map(({ attempt, nodeName }) => `${attempt} ${nodeName}`)).toEqual(['1 n1', '2 n2', '3 n2']);
  });

  it('G-X15: an attempt of which no word was heard has its node and number from the decision, and its retry a node', async () => {
    const worker = await h.connect();
    const id = await pending(1);
    expect(worker.dispatches.map((dispatch) => dispatch.id)).toEqual([id]);
    // The node took it and is gone before its first message.
    worker.disconnect();
    await h.time.advance(20_000);
    const [first, retry] = h.executions('a');
    expect(first).toMatchObject({ id, attempt: 1, nodeName: 'n1', state: 'lost' });
    expect(id).toMatch(/^[1-9]\d+-n1$/);
    expect(retry).toMatchObject({ attempt: 2, nodeName: 'n1', state: 'pending' });
    const back = await h.connect();
    expect(back.dispatches.map((dispatch) => dispatch.id)).toEqual([retry!.id]);
  });

  it('a silent node loses its lease: sent is lost(lease), cancelled if that was asked', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.started(worker.dispatches[0]!);
    await h.put(definition('b', '@manually'));
    const run = await h.engine.runJob('b', { trigger: 'manual' });
    const second = isRefusal(run) ? '' : run.targets[0]!.executionId;
    const cancel = h.engine.cancel(second);
    await h.time.advance(10);
    await cancel;
    await h.time.advance(20_000);
    expect(worker.closedWith).toBe('lease ended');
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'lease' });
    expect(stateOf(second)).toBe('cancelled');
  });

  it('pings keep the lease and are answered only by a leader', async () => {
    const worker = await h.connect();
    const id = await pending();
    for (let i = 0; i < 10; i++) {
      worker.tell({ type: 'ping', n: i });
      await h.time.advance(3_000);
    }
    expect(stateOf(id)).toBe('pending');
    expect(worker.received.filter(({ type }) => type === 'pong')).toHaveLength(10);
    h.log.valid = false;
    worker.tell({ type: 'ping', n: 99 });
    expect(worker.received.filter(({ type }) => type === 'pong')).toHaveLength(10);
  });

  it('a new leader grants every holder a full lease', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.started(worker.dispatches[0]!);
    await h.time.advance(12_000);
    await h.failOver(1_000);
    await h.time.advance(14_000);
    expect(stateOf(id)).toBe('running');
    await h.time.advance(5_000);
    expect(stateOf(id)).toBe('lost');
  });

  it('G-X16: a node that reports a lost execution as running makes it run again, no second copy', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.started(worker.dispatches[0]!);
    await h.time.advance(20_000);
    expect(stateOf(id)).toBe('lost');
    worker.connect(h.engine, [worker.item(id, 'running')]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts).toEqual([{ id, attempt: 1, verdict: 'keep' }]);
    expect(stateOf(id)).toBe('running');
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(stateOf(id)).toBe('success');
    expect(worker.dispatches).toHaveLength(1);
  });

  it('G-X16: when something newer was decided, the lost one is killed', async () => {
    const worker = await h.connect();
    const id = await pending(1);
    worker.started(worker.dispatches[0]!);
    await h.time.advance(25_000);
    expect(h.executions('a').map(({ attempt }) => attempt)).toEqual([1, 2]);
    worker.connect(h.engine, [worker.item(id, 'running')]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts).toEqual([{ id, attempt: 1, verdict: 'kill' }]);
    expect(worker.dispatches.at(-1)?.attempt).toBe(2);
  });

  it.each([
    { store: 'pending', says: 'accepted', verdict: 'keep', becomes: 'pending' },
    { store: 'pending', says: 'running', verdict: 'keep', becomes: 'running' },
    { store: 'pending', says: 'finished', verdict: 'resend', becomes: 'pending' },
    { store: 'pending', says: 'died', verdict: 'forget', becomes: 'lost' },
    { store: 'running', says: 'accepted', verdict: 'keep', becomes: 'running' },
    { store: 'running', says: 'running', verdict: 'keep', becomes: 'running' },
    { store: 'running', says: 'finished', verdict: 'resend', becomes: 'running' },
    { store: 'running', says: 'died', verdict: 'forget', becomes: 'lost' },
  ] as const)('G-X2: hello: $store in the store, $says on the node', async ({ store, says, verdict, becomes }) => {
    const worker = await h.connect();
    const id = await pending();
    if (store === 'running') worker.started(worker.dispatches[0]!);
    await h.time.advance(10);
    worker.disconnect();
    worker.connect(h.engine, [worker.item(id, says)]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts).toEqual([{ id, attempt: 1, verdict }]);
    expect(stateOf(id)).toBe(becomes);
    expect(worker.dispatches).toHaveLength(1);
  });

  it('G-X2: hello: pending and absent from the same journal is dispatched again', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.disconnect();
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(worker.dispatches.map((dispatch) => dispatch.id)).toEqual([id, id]);
  });

  it('G-X2: hello: absent from a new journal is lost(restart), never dispatched again', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.disconnect();
    worker.journal = 'd'.repeat(32);
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(worker.dispatches).toHaveLength(1);
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'restart' });
  });

  it('hello: running and absent is lost(restart)', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.started(worker.dispatches[0]!);
    await h.time.advance(10);
    worker.disconnect();
    worker.connect(h.engine);
    await h.time.advance(10);
    expect(h.store.getExecution(id)).toMatchObject({ state: 'lost', reason: 'restart' });
  });

  it('hello: what the state does not know is killed or forgotten', async () => {
    const worker = new FakeWorker('n1', h.time);
    worker.connect(h.engine, [
      worker.item('1-n1', 'running'),
      worker.item('2-n1', 'finished'),
      worker.item('3-n1', 'died'),
    ]);
    await h.time.advance(10);
    expect(worker.welcome?.verdicts.map(({ verdict }) => verdict)).toEqual(['kill', 'forget', 'forget']);
  });

  it('hello: no welcome before what follows from it is committed', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.disconnect();
    const { received } = worker;
    received.length = 0;
    h.log.faults.push('lost');
    worker.connect(h.engine, [worker.item(id, 'died')]);
    await h.time.advance(10);
    expect(received).toEqual([]);
    expect(worker.closedWith).toContain('could not be settled');
    expect(stateOf(id)).toBe('pending');
  });

  it('takes a worker whose later term belongs to another cluster', async () => {
    const moved = new FakeWorker('n1', h.time);
    moved.clusterId = 'd'.repeat(32);
    moved.connect(h.engine, [], 5n);
    await h.time.advance(10);
    expect(moved.received).toMatchObject([{ type: 'welcome' }]);
  });

  it('refuses a worker that has served a later term, and closes an older session of the node', async () => {
    const late = new FakeWorker('n1', h.time);
    late.connect(h.engine, [], 5n);
    await h.time.advance(10);
    expect(late.received).toEqual([{ type: 'refuse', code: 'stale_term', text: 'term 1 is older than 5' }]);
    const first = await h.connect();
    const second = await h.connect();
    expect(first.closedWith).toContain('newer session');
    await pending();
    expect(first.dispatches).toHaveLength(0);
    expect(second.dispatches).toHaveLength(1);
  });

  it('sends at most as many as there are slots, oldest first', async () => {
    const worker = new FakeWorker('n1', h.time);
    worker.slots = 2;
    worker.connect(h.engine);
    await h.time.advance(10);
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push(await pending());
    expect(worker.dispatches.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(worker.dispatches.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  });

  it('sends at most 256 that are not journaled yet', async () => {
    const worker = new FakeWorker('n1', h.time);
    worker.acks = false;
    worker.connect(h.engine);
    await h.time.advance(10);
    for (let i = 0; i < 300; i++) await pending();
    expect(worker.dispatches).toHaveLength(256);
    worker.tell({ type: 'ack', seq: 10 });
    expect(worker.dispatches).toHaveLength(266);
  });

  it('a draining worker gets nothing new', async () => {
    const worker = await h.connect();
    worker.tell({ type: 'drain' });
    await pending();
    expect(worker.dispatches).toHaveLength(0);
  });

  it('updates out of order end the session', async () => {
    const worker = await h.connect();
    await pending();
    worker.tell({ type: 'started', seq: 7, id: worker.dispatches[0]!.id, attempt: 1, at: 0n });
    expect(worker.closedWith).toContain('does not follow');
  });

  it('a refusal by the worker ends the attempt as failed', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.tell({ type: 'refused', seq: 1, id, attempt: 1, reason: 'no executor "x"' });
    await h.time.advance(10);
    expect(h.store.getExecution(id)).toMatchObject({ state: 'failed', reason: 'executor' });
    expect(new TextDecoder().decode(h.store.getOutput(id)?.tail)).toContain('no executor "x"');
  });

  it('live output flows only while someone watches, and credit goes back', async () => {
    const worker = await h.connect();
    const id = await pending();
    const chunks: string[] = [];
    let ended = 0;
    const stop = h.engine.watchOutput(id, {
      chunk: ({ bytes }) => chunks.push(new TextDecoder().decode(bytes)),
      ended: () => ended++,
    });
    expect(worker.received.at(-1)).toEqual({ type: 'watch', id, on: true });
    worker.output(worker.dispatches[0]!, 'hello');
    worker.output(worker.dispatches[0]!, 'x'.repeat(300_000));
    expect(chunks[0]).toBe('hello');
    expect(worker.received.filter(({ type }) => type === 'credit')).toEqual([{ type: 'credit', bytes: 300_005 }]);
    worker.finished(worker.dispatches[0]!);
    await h.time.advance(10);
    expect(ended).toBe(1);
    stop();
    const again = h.engine.watchOutput(id, { chunk: () => {}, ended: () => {} });
    again();
    expect(worker.received.at(-1)).toEqual({ type: 'watch', id, on: false });
  });

  it('what a full or draining worker refuses stays pending and is sent again', async () => {
    const worker = await h.connect();
    const id = await pending();
    worker.tell({ type: 'refused', seq: 1, id, attempt: 1, reason: 'no free slot: 1 in use' });
    await h.time.advance(10);
    expect(worker.ackedUpTo).toBe(1);
    expect(stateOf(id)).toBe('pending');
    expect(worker.dispatches).toHaveLength(1);
    await h.time.advance(4_000);
    expect(worker.dispatches.map((dispatch) => dispatch.id)).toEqual([id, id]);
  });

  it('a worker that drains before its welcome gets nothing', async () => {
    const id = await pending();
    const worker = new FakeWorker('n1', h.time);
    worker.connect(h.engine);
    worker.tell({ type: 'drain' });
    await h.time.advance(10);
    expect(worker.welcome).toBeDefined();
    expect(worker.dispatches).toHaveLength(0);
    expect(stateOf(id)).toBe('pending');
  });

  it('a deposed leader closes its sessions', async () => {
    const worker = await h.connect();
    h.engine.stop();
    expect(worker.closedWith).toBe('leadership lost');
  });
});
