import type { RaftNode } from '@dkron/raft';
import { RaftError } from '@dkron/raft';
import { silentLogger } from '@dkron/runtime';
import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { leaveVoters } from './leave.ts';
import type { LeaveModules } from './leave.ts';

/** A leader of three voters whose transfers are told by the caller. */
function leader(transfer: () => Promise<void>): RaftNode {
  let leads = true;
  return {
    getConfiguration: () => ({ conf: { voters: ['a', 'b', 'c'], votersOutgoing: [] } }),
    isLeader: () => leads,
    transferLeadership: async () => {
      await transfer();
      leads = false;
    },
    leader: () => (leads ? { id: 'a', address: '' } : { id: 'b', address: '10.0.0.2:6868' }),
  } as unknown as RaftNode;
}

describe('leaveVoters', () => {
  it('a transfer that fails is tried again (a simulated cluster, seed 43: a server that was told to leave failed)', async () => {
    const time = new ManualTime();
    let tries = 0;
    const raft = leader(() => {
      tries += 1;
      const why = 'nobody has caught up';
      return tries < 3 ? Promise.reject(new RaftError('transfer_failed', why, { to: 'b' })) : Promise.resolve();
    });
    const asked: string[] = [];
    const leaving = leaveVoters({
      nodeName: 'a',
      raft,
      membership: { rpcAddress: () => '' } as unknown as LeaveModules['membership'],
      askRemoval: async (address) => void asked.push(address),
      clock: time,
      timers: time,
      logger: silentLogger,
    });
    await time.advance(1000);
    await leaving;
    expect(tries).toBe(3);
    expect(asked).toEqual(['10.0.0.2:6868']);
  });
});
