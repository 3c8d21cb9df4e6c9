import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { definition, EngineCluster, LEASE_MS } from '../../test/engine-cluster.ts';
import type { FakeRun } from '../../test/engine-cluster.ts';

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('an agent and engines over gRPC', () => {
  let cluster: EngineCluster;

  beforeEach(async () => {
    cluster = await EngineCluster.start(['s1', 's2', 's3']);
    cluster.elect('s1');
    await cluster.put(definition('job'));
    await cluster.startAgent();
  });

  afterEach(() => cluster.stop());

  const started = async (count = 1): Promise<FakeRun> => {
    await expect.poll(() => cluster.executor.runs.length, { timeout: 5000 }).toBe(count);
    return cluster.executor.runs[count - 1]!;
  };
  const becomes = (run: Parameters<EngineCluster['execution']>[0], state: string): Promise<void> =>
    expect.poll(() => cluster.execution(run).state, { timeout: 8000 }).toBe(state);

  it('dispatches, and commits the result with its output', async () => {
    const run = await cluster.run('job');
    const { context, end } = await started();
    await becomes(run, 'running');
    context.output(bytes('hello'), false);
    end();
    await becomes(run, 'success');
    expect(text(cluster.store.getOutput(run.targets[0]!.executionId)?.tail)).toBe('hello');
    await expect.poll(() => cluster.agents[0]!.worker.undelivered).toBe(0);
  });

  it('streams output to a watcher while it runs', async () => {
    const run = await cluster.run('job');
    const { context, end } = await started();
    await becomes(run, 'running');
    context.output(bytes('one '), false);
    const seen: string[] = [];
    const stop = cluster.leader.engine.watchOutput(run.targets[0]!.executionId, {
      chunk: ({ bytes: piece }) => void seen.push(text(piece)),
      ended: () => void seen.push('END'),
    });
    await expect.poll(() => seen.join('')).toBe('one ');
    context.output(bytes('two'), true);
    await expect.poll(() => seen.join('')).toBe('one two');
    end();
    await expect.poll(() => seen.at(-1)).toBe('END');
    stop();
  });

  it('cancels what runs', async () => {
    const run = await cluster.run('job');
    await started();
    await becomes(run, 'running');
    await cluster.leader.engine.cancel(run.targets[0]!.executionId);
    await becomes(run, 'cancelled');
    expect(cluster.executor.runs[0]!.context.signal.aborted).toBe(true);
  });

  it('G-X12: a result that nobody could take is delivered when the way is back', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    for (const { proxy } of cluster.servers.values()) proxy.set('cut');
    end();
    await expect.poll(() => cluster.agents[0]!.worker.undelivered).toBe(1);
    for (const { proxy } of cluster.servers.values()) proxy.set('open');
    await becomes(run, 'success');
    expect(cluster.executor.runs).toHaveLength(1);
  });

  it('G-X16: a cut during a run starts nothing anew, and the run ends as it ended', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    cluster.leader.proxy.set('cut');
    await expect.poll(() => cluster.agents[0]!.worker.connected).toBe(false);
    cluster.leader.proxy.set('open');
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(true);
    expect(cluster.execution(run).state).toBe('running');
    end();
    await becomes(run, 'success');
    expect(cluster.executor.runs).toHaveLength(1);
  });

  it('an unreachable leader is reached through a follower before the lease ends', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    cluster.leader.proxy.set('cut');
    await expect.poll(() => cluster.agents[0]!.worker.connected).toBe(false);
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(true);
    end();
    await becomes(run, 'success');
    const second = await cluster.run('job');
    (await started(2)).end();
    await becomes(second, 'success');
  });

  it('a silent way to the leader is noticed, and left', async () => {
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(true);
    cluster.leader.proxy.set('silent');
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(false);
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 8000 }).toBe(true);
    const run = await cluster.run('job');
    (await started()).end();
    await becomes(run, 'success');
  });

  it('a new leader takes over what runs and what is pending', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    cluster.elect('s2');
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(true);
    expect(cluster.execution(run).state).toBe('running');
    end();
    await becomes(run, 'success');
    const second = await cluster.run('job');
    (await started(2)).end();
    await becomes(second, 'success');
  });

  it('leader after leader, nothing is started twice', async () => {
    const runs = [];
    for (const name of ['s2', 's3', 's1', 's2', 's3']) {
      runs.push(await cluster.run('job'), await cluster.run('job'));
      cluster.elect(name);
    }
    await expect
      .poll(() => new Set(cluster.executor.runs.map((run) => run.executionId)).size, { timeout: 8000 })
      .toBe(10);
    expect(cluster.executor.runs).toHaveLength(10);
    for (const { end } of cluster.executor.runs) end();
    for (const run of runs) await becomes(run, 'success');
    expect(cluster.executor.runs).toHaveLength(10);
  });

  it('a lease that ended makes the execution lost, and the true result wins later', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    for (const { proxy } of cluster.servers.values()) proxy.set('cut');
    await becomes(run, 'lost');
    end();
    for (const { proxy } of cluster.servers.values()) proxy.set('open');
    await becomes(run, 'success');
    expect(cluster.executor.runs).toHaveLength(1);
  });

  it('a lost execution that still runs is running again after the hello', async () => {
    const run = await cluster.run('job');
    const { end } = await started();
    await becomes(run, 'running');
    for (const { proxy } of cluster.servers.values()) proxy.set('cut');
    await becomes(run, 'lost');
    for (const { proxy } of cluster.servers.values()) proxy.set('open');
    await becomes(run, 'running');
    end();
    await becomes(run, 'success');
    expect(cluster.executor.runs).toHaveLength(1);
  });

  it('an agent that was started anew reports what died with it', async () => {
    const run = await cluster.run('job');
    await started();
    await becomes(run, 'running');
    const { worker, dialer } = cluster.agents[0]!;
    // A crash: nothing is said, nothing more is written.
    dialer.stop();
    const kept = cluster.journal.bytes;
    await worker.stop({ timeoutMs: 0 });
    cluster.agents.length = 0;
    Object.assign(cluster, { journal: new (cluster.journal.constructor as new (b: Uint8Array) => never)(kept) });
    await cluster.startAgent();
    await becomes(run, 'lost');
    expect(cluster.execution(run).reason).toBe('restart');
  });

  it('keeps a session through many leases', async () => {
    await expect.poll(() => cluster.agents[0]!.worker.connected, { timeout: 5000 }).toBe(true);
    const before = cluster.leader.proxy.connections;
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 3));
    expect(cluster.agents[0]!.worker.connected).toBe(true);
    expect(cluster.leader.proxy.connections).toBe(before);
  });
});
