import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import type { RaftCore } from '../core/raft/raft-core.ts';
import type { Host } from './host.ts';
import { Reads } from './reads.ts';

/** Reads of a leader whose core takes note of them. */
function bench(): { reads: Reads; core: RaftCore; time: ManualTime; asked: Uint8Array[] } {
  const time = new ManualTime();
  const asked: Uint8Array[] = [];
  const core = {
    basicStatus: () => ({ role: 'leader', lead: 'a' }),
    readIndex: (context: Uint8Array) => void asked.push(context),
  } as unknown as RaftCore;
  const host = {
    options: { maxPendingProposals: 10 },
    modules: { clock: time, random: seededRandom(1) },
    core,
    address: () => '',
    schedule: () => {},
  } as unknown as Host;
  return { reads: new Reads(host), core, time, asked };
}

it('a read whose lease was dropped meanwhile is given up in time, like any other', async () => {
  const { reads, core, time } = bench();
  const read = reads.add('verify');
  reads.flush(core);
  reads.dropLease();
  await time.advance(1000);
  reads.expire(time.monotonicMs(), 999);
  await expect(read).rejects.toMatchObject({ code: 'timeout' });
});

it('rounds begun before the lease was dropped do not bring it back, and do not stand in the way of later ones', async () => {
  const { reads, core, time, asked } = bench();
  for (let i = 0; i < 50; i++) reads.renewLease(core);
  reads.dropLease();
  reads.confirmed({ index: 1, context: asked[0]! }, 1);
  expect(reads.leaseStartMs).toBe(-Infinity);
  await time.advance(1000);
  reads.expire(time.monotonicMs(), 999);
  reads.renewLease(core);
  reads.confirmed({ index: 1, context: asked.at(-1)! }, 1);
  expect(reads.leaseStartMs).toBe(time.monotonicMs());
});
