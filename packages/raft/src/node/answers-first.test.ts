import { expect, it } from 'vitest';
import { MemoryLog } from '../storage/memory-log.ts';
import type { LogBatch } from '../storage/ports.ts';
import { command, NodeCluster } from '../testing/node-cluster.ts';

/** A log that notes which commands are durable. */
class NotingLog extends MemoryLog {
  readonly notes: string[] = [];

  override async append(batch: LogBatch, sync: boolean): Promise<void> {
    await super.append(batch, sync);
    for (const { data } of batch.entries ?? []) this.notes.push(`durable ${new TextDecoder().decode(data)}`);
  }
}

it('a follower applies a command only when it has answered the append that told of its commit', async () => {
  const logs = new Map<string, NotingLog>();
  const cluster = await NodeCluster.founded(3, {
    modules: (id) => {
      const log = new NotingLog({});
      logs.set(id, log);
      return { log };
    },
  });
  const { id: leader, node } = await cluster.leader();
  const follower = ['a', 'b', 'c'].find((id) => id !== leader)!;
  const { notes } = logs.get(follower)!;
  const { machine } = cluster.get(follower);
  const apply = machine.apply.bind(machine);
  machine.apply = (batch) => {
    for (const { data } of batch) notes.push(`applied ${new TextDecoder().decode(data)}`);
    return apply(batch);
  };
  notes.length = 0;
  const texts = ['1', '2', '3'];
  const all = async (): Promise<void> => {
    for (const text of texts) await node.apply(command(text));
  };
  await cluster.settled(all());
  await cluster.until('applied everywhere', () => notes.includes('applied 3'));
  expect(notes).toEqual(['durable 1', 'durable 2', 'applied 1', 'durable 3', 'applied 2', 'applied 3']);
});
