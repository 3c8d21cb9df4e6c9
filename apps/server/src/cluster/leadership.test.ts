import { EventEmitter } from 'node:events';
import type { RaftNode } from '@dkron/raft';
import { RaftError } from '@dkron/raft';
import { silentLogger } from '@dkron/runtime';
import { expect, it } from 'vitest';
import { Leadership } from './leadership.ts';

class FakeNode extends EventEmitter {
  full = true;

  barrier(): Promise<void> {
    return this.full ? Promise.reject(new RaftError('disk_full', 'full', {})) : Promise.resolve();
  }

  leads(isLeader: boolean, term: number): void {
    this.emit('leadership', { isLeader, term, leaderId: 'a' });
  }
}

function start(): { readonly node: FakeNode; readonly calls: string[] } {
  const node = new FakeNode();
  const calls: string[] = [];
  const leadership = new Leadership({
    node: node as unknown as RaftNode,
    logger: silentLogger,
    onGain: () => Promise.resolve(void calls.push('gain')),
    onLoss: () => void calls.push('loss'),
  });
  leadership.firstGain().catch(() => undefined);
  return { node, calls };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('takes up leadership when the disk that was full has room again', async () => {
  const { node, calls } = start();
  node.leads(true, 3);
  await settled();
  expect(calls).toEqual([]);
  node.emit('diskLow', { level: 'low' });
  await settled();
  expect(calls).toEqual([]);
  node.full = false;
  node.emit('diskLow', { level: 'ok' });
  node.emit('diskLow', { level: 'ok' });
  await settled();
  expect(calls).toEqual(['gain']);
});

it('does not once another leads', async () => {
  const { node, calls } = start();
  node.leads(true, 3);
  await settled();
  node.leads(false, 4);
  node.full = false;
  node.emit('diskLow', { level: 'ok' });
  await settled();
  expect(calls).toEqual(['loss']);
});
