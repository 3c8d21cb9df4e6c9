import { describe, expect, it } from 'vitest';
import { checkNodeName } from './found-alone.ts';

describe('checkNodeName', () => {
  const folderOf = (birth: string): Parameters<typeof checkNodeName>[0] => ({
    identity: { birth, boot: 'boot', clusterId: 'c' },
    getConfiguration: () => ({
      index: 7,
      conf: { voters: ['s0'], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
      members: [{ id: 's0', suffrage: 'voter', address: '', birth: 'born-s0' }],
    }),
  });

  it('the folder of an only voter takes no other name', () => {
    expect(() => checkNodeName(folderOf('born-s0'), 's0')).not.toThrow();
    expect(() => checkNodeName(folderOf('born-s0'), 's2')).toThrow(/node-name.*"s0".*"s2" with another data-dir/);
  });

  // Seed 40 of the simulation, ten minutes.
  it('who was removed from a cluster of which one is left comes back with its folder', () => {
    expect(() => checkNodeName(folderOf('born-s2'), 's2')).not.toThrow();
  });
});
