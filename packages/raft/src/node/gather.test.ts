import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../storage/memory-log.ts';
import type { LogBatch } from '../storage/ports.ts';
import { command, NodeCluster } from '../testing/node-cluster.ts';

/** A log whose writes wait for `held`. */
class HeldLog extends MemoryLog {
  readonly sizes: number[] = [];
  held: Promise<void> = Promise.resolve();

  override async append(batch: LogBatch, sync: boolean): Promise<void> {
    if (batch.entries !== undefined) this.sizes.push(batch.entries.length);
    await this.held;
    return await super.append(batch, sync);
  }
}

async function sizesOf(gatherWhileWriting: boolean): Promise<{ held: number[]; all: number[]; applied: string }> {
  const log = new HeldLog({});
  const cluster = await NodeCluster.founded(1, { node: { gatherWhileWriting }, modules: () => ({ log }) });
  const node = cluster.node('a');
  log.sizes.length = 0;
  let release = (): void => {};
  log.held = new Promise((resolve) => void (release = resolve));
  const done: Promise<unknown>[] = [];
  for (const text of ['1', '2', '3', '4']) {
    done.push(node.apply(command(text)));
    await cluster.time.advance(1);
  }
  const held = [...log.sizes];
  release();
  await cluster.settled(Promise.all(done));
  return { held, all: log.sizes, applied: cluster.get('a').machine.commands.join('') };
}

describe('RaftNode: gatherWhileWriting', () => {
  it('gathers what is proposed while the disk writes into one batch', async () => {
    expect(await sizesOf(true)).toEqual({ held: [1], all: [1, 3], applied: '1234' });
  });

  it('is off by default: each turn hands its batch to the log', async () => {
    expect(await sizesOf(false)).toEqual({ held: [1, 1, 1, 1], all: [1, 1, 1, 1], applied: '1234' });
  });

  it('a leader that loses its place answers what it gathered', async () => {
    const logs = new Map<string, HeldLog>();
    const cluster = await NodeCluster.founded(3, {
      node: { gatherWhileWriting: true },
      modules: (id) => {
        logs.set(id, new HeldLog({}));
        return { log: logs.get(id)! };
      },
    });
    const { id, node } = await cluster.leader();
    logs.get(id)!.held = new Promise(() => {});
    const first = cluster.failure(node.apply(command('first')));
    await cluster.time.advance(1);
    const gathered = cluster.failure(node.apply(command('gathered')));
    cluster.network.isolate(id);
    await cluster.until('stepped down', () => !node.isLeader());
    expect(await first).toMatchObject({ code: 'leadership_lost' });
    expect(await gathered).toMatchObject({ code: 'not_leader' });
  });
});
