import { describe, expect, it } from 'vitest';
import { NodeCluster } from '../testing/node-cluster.ts';
import { TransferBuffer, transferChange, transferStepOf, type TransferStep } from './state-transfer.ts';

async function* bytesOf(commands: readonly string[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(commands));
  for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7);
}

describe('RaftNode.restore', () => {
  it('UserSnapshot, UserRestore: an older state comes back on every server', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    await cluster.apply(id, 'kept');
    await cluster.settled(node.snapshot());
    const { stream } = await cluster.settled(node.openSnapshot());
    await cluster.apply(id, 'gone');
    const before = node.stats().lastIndex;
    await cluster.settled(node.restore(stream));
    expect(node.stats().lastIndex).toBeGreaterThan(before);
    await cluster.apply(id, 'new');
    await cluster.until('all have it', () =>
      [...cluster.servers.values()].every(({ machine }) => machine.commands.length === 2),
    );
    expect(await cluster.converged()).toEqual(['kept', 'new']);
  });

  it('a state of any origin, also after a restart and for who is behind', async () => {
    const cluster = await NodeCluster.founded(3, { node: { trailingLogs: 0 } });
    const { id, node } = await cluster.leader();
    const away = await cluster.follower();
    await cluster.stop(away.id);
    await cluster.settled(node.restore(bytesOf(['x', 'y'])));
    await cluster.settled(node.snapshot());
    await cluster.start(away.id);
    expect(await cluster.converged()).toEqual(['x', 'y']);
    await cluster.restart(id);
    expect(await cluster.converged()).toEqual(['x', 'y']);
  });

  it('what breaks off restores nothing, and snapshots go on', async () => {
    const cluster = await NodeCluster.founded(3);
    const { id, node } = await cluster.leader();
    await cluster.apply(id, 'kept');
    let refusal = '';
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      await node.snapshot().catch((error: Error) => (refusal = error.message));
      throw new Error('the tape tore');
    }
    expect(await cluster.failure(node.restore(broken()))).toMatchObject({ message: 'the tape tore' });
    expect(refusal).toContain('a restore is under way');
    await cluster.settled(node.snapshot());
    expect(await cluster.converged()).toEqual(['kept']);
  });

  it('refuses more than maxRestoreBytes, and followers', async () => {
    const cluster = await NodeCluster.founded(3, { node: { maxRestoreBytes: 10 } });
    const { node } = await cluster.leader();
    expect(await cluster.failure(node.restore(bytesOf(['much too long'])))).toMatchObject({ code: 'snapshot_failed' });
    const follower = await cluster.follower();
    expect(await cluster.failure(follower.node.restore(bytesOf([])))).toMatchObject({ code: 'not_leader' });
  });

  it('a membership change meanwhile has its turn', async () => {
    const cluster = await NodeCluster.founded(3);
    const { node } = await cluster.leader();
    const restored = node.restore(bytesOf(['a'.repeat(100)]));
    await cluster.time.advance(1);
    const change = node.addNonvoter('x').then(
      () => 'made',
      (error: { code: string }) => error.code,
    );
    await cluster.settled(restored);
    expect(['made', 'conf_change_refused']).toContain(await cluster.settled(change));
    expect(await cluster.converged('a', 'b', 'c')).toEqual(['a'.repeat(100)]);
  });
});

describe('TransferBuffer', () => {
  const chunk = (sequence: number): TransferStep => ({ kind: 'chunk', sequence, data: new Uint8Array([sequence]) });

  it('steps survive their encoding', () => {
    const steps: TransferStep[] = [
      { kind: 'begin' },
      chunk(3),
      { kind: 'end', chunks: 4, bytes: 9 },
      { kind: 'abort' },
    ];
    for (const step of steps) expect(transferStepOf(transferChange('a', step))).toEqual(step);
    expect(
      transferStepOf({
        ...transferChange('a', { kind: 'begin' }),
        context: new TextEncoder().encode('{"a":{"address":"x"}}'),
      }),
    ).toBeUndefined();
  });

  it('gives everything at the end', () => {
    const buffer = new TransferBuffer();
    buffer.take({ term: 1 }, { kind: 'begin' });
    for (const n of [0, 1]) expect(buffer.take({ term: 1 }, chunk(n))).toBeUndefined();
    expect(buffer.take({ term: 1 }, { kind: 'end', chunks: 2, bytes: 2 })).toHaveLength(2);
    expect(buffer.isOpen).toBe(false);
  });

  it('a later term ends it; gaps and missing ends break it', () => {
    const buffer = new TransferBuffer();
    buffer.take({ term: 1 }, { kind: 'begin' });
    buffer.observe(2);
    expect(buffer.take({ term: 2 }, chunk(0))).toBe('broken');
    buffer.take({ term: 2 }, { kind: 'begin' });
    expect(buffer.take({ term: 2 }, chunk(1))).toBe('broken');
    buffer.take({ term: 2 }, { kind: 'begin' });
    expect(buffer.take({ term: 2 }, { kind: 'end', chunks: 1, bytes: 1 })).toBe('broken');
  });
});
