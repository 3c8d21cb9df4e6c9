/** Defects that the simulator found, each as the shortest script that shows it. */
import { describe, expect, it } from 'vitest';
import { TestServer } from '../../testing/server.ts';
import { confStateWith, createMessage, EntryType, memberChange, MemoryStorage } from '../index.ts';

const mark = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('found by simulation', () => {
  it('seed 298: a single voter that lost its commit index in a crash does not answer reads before it has found it again', () => {
    const storage = new MemoryStorage(confStateWith(['a']));
    const data = mark('x');
    storage.append([1, 2, 3].map((index) => ({ term: 1, index, type: EntryType.normal, data })));
    // All three were committed and acknowledged; the commit index is written late.
    storage.setHardState({ term: 1, vote: 'a', commit: 1 });
    const one = new TestServer({ id: 'a', storage, asyncStorage: true });
    one.core.campaign();
    for (const response of one.core.ready().storageAppend!.responses) one.core.step(response);
    expect(one.core.basicStatus()).toMatchObject({ role: 'leader', commit: 1 });
    one.core.readIndex(mark('r'));
    expect(one.readStates).toEqual([]);
    one.settle();
    expect(one.readStates).toEqual([{ index: 4, context: mark('r') }]);
  });

  it('seed 95: reads that wait for others are answered when the others leave', () => {
    const one = new TestServer({ id: 'a', voters: ['a', 'b'] });
    const fromB = (type: 'VoteResp' | 'AppResp', index = 0): void => {
      one.core.step(createMessage({ type, from: 'b', to: 'a', term: 1, index }));
      one.settle();
    };
    one.core.campaign();
    one.settle();
    fromB('VoteResp');
    fromB('AppResp', 1);
    one.core.proposeConfChange(memberChange([{ kind: 'removeNode', id: 'b' }]));
    one.settle();
    one.core.readIndex(mark('r'));
    one.settle();
    expect(one.readStates).toEqual([]);
    fromB('AppResp', 2);
    expect(one.core.status().confState.voters).toEqual(['a']);
    expect(one.readStates).toEqual([{ index: 1, context: mark('r') }]);
    expect(one.core.internals.readQueue.size).toBe(0);
  });
});
