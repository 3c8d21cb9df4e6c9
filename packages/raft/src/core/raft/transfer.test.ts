import { describe, expect, it } from 'vitest';
import { Network, type NetworkOptions, serverIds } from '../../testing/network.ts';
import { TestServer } from '../../testing/server.ts';
import { createMessage, simpleChange } from '../index.ts';

const IDS = serverIds(3);

function cluster(server: NetworkOptions['server'] = {}, ids = IDS): Network {
  const net = new Network({ ids, server });
  net.campaign('a');
  return net;
}

function transfer(net: Network, from: string, to: string): void {
  net.core(from).transferLeader(to);
  net.settle();
}

function leads(net: Network, id: string): boolean {
  const { role, lead } = net.core(id).basicStatus();
  return role === 'leader' && lead === id;
}

/** A leader with a transfer to c under way, which hears nothing. */
function pending(): Network {
  const net = cluster();
  net.isolate('c');
  net.propose('a', 'x');
  transfer(net, 'a', 'c');
  expect(net.core('a').basicStatus().leadTransferee).toBe('c');
  return net;
}

describe('leadership transfer (dissertation 3.10)', () => {
  for (const server of [{}, { checkQuorum: true }, { preVote: true, checkQuorum: true }]) {
    it(`LeaderTransferToUpToDateNode with ${JSON.stringify(server)}: and back`, () => {
      const net = cluster(server);
      transfer(net, 'a', 'b');
      expect(leads(net, 'b')).toBe(true);
      expect(net.core('a').basicStatus()).toMatchObject({ role: 'follower', lead: 'b' });
      net.propose('b', 'x');
      transfer(net, 'b', 'a');
      expect(leads(net, 'a')).toBe(true);
    });
  }

  it('LeaderTransferToUpToDateNodeFromFollower: a follower passes the wish on', () => {
    const net = cluster();
    transfer(net, 'b', 'b');
    expect(leads(net, 'b')).toBe(true);
    net.propose('b', 'x');
    transfer(net, 'a', 'a');
    expect(leads(net, 'a')).toBe(true);
  });

  it('LeaderTransferToSlowFollower: it catches up first', () => {
    const net = cluster();
    net.isolate('c');
    net.propose('a', 'x');
    net.heal();
    expect(net.core('a').progress('c')!.match).toBe(1);
    transfer(net, 'a', 'c');
    if (net.core('c').basicStatus().role !== 'leader') net.beat('a');
    expect(leads(net, 'c')).toBe(true);
    expect(net.get('c').texts).toEqual(['x']);
  });

  it('LeaderTransferAfterSnapshot: by a snapshot if it must', () => {
    const net = cluster();
    net.isolate('c');
    net.propose('a', 'x');
    const { applied } = net.core('a').basicStatus();
    net.get('a').storage.createSnapshot(applied, net.core('a').status().confState);
    net.get('a').storage.compact(applied);
    net.heal();
    transfer(net, 'a', 'c');
    net.beat('a');
    expect(leads(net, 'c')).toBe(true);
  });

  it('LeaderTransferToSelf, ToNonExistingNode, ToLearner: nothing happens', () => {
    const net = new Network({ ids: ['a', 'b'], server: { voters: ['a'], learners: ['b'] } as object });
    net.campaign('a');
    for (const to of ['a', 'x', 'b']) {
      transfer(net, 'a', to);
      expect(leads(net, 'a')).toBe(true);
      expect(net.core('a').basicStatus().leadTransferee).toBe('');
    }
  });

  it('without a target the voter with most of the log is taken', () => {
    const net = cluster();
    net.isolate('b');
    net.propose('a', 'x');
    transfer(net, 'a', '');
    expect(leads(net, 'c')).toBe(true);
  });

  it('LeaderTransferTimeout: given up after an election timeout', () => {
    const net = pending();
    net.tick('a', 9);
    expect(net.core('a').basicStatus().leadTransferee).toBe('c');
    net.tick('a', 1);
    expect(net.core('a').basicStatus().leadTransferee).toBe('');
    expect(leads(net, 'a')).toBe(true);
  });

  it('LeaderTransferIgnoreProposal: proposals are dropped meanwhile', () => {
    const net = pending();
    expect(net.propose('a', 'y')).toBe('proposalDropped');
    net.tick('a', 10);
    expect(net.propose('a', 'z')).toBe('ok');
    expect(net.get('b').texts).toEqual(['x', 'z']);
  });

  it('LeaderTransferReceiveHigherTermVote: another election ends it', () => {
    const net = pending();
    net.campaign('b');
    expect(leads(net, 'b')).toBe(true);
    expect(net.core('a').basicStatus().leadTransferee).toBe('');
  });

  it('LeaderTransferRemoveNode, LeaderTransferDemoteNode: the target is no voter any more', () => {
    for (const kind of ['removeNode', 'addLearner'] as const) {
      const net = pending();
      net.core('a').applyConfChange(simpleChange(kind, 'c'));
      expect(net.core('a').basicStatus()).toMatchObject({ role: 'leader', leadTransferee: '' });
    }
  });

  it('LeaderTransferBack: to itself gives the first up', () => {
    const net = pending();
    transfer(net, 'a', 'a');
    expect(leads(net, 'a')).toBe(true);
    expect(net.core('a').basicStatus().leadTransferee).toBe('');
  });

  it('LeaderTransferSecondTransferToAnotherNode: the second counts', () => {
    const net = pending();
    transfer(net, 'a', 'b');
    expect(leads(net, 'b')).toBe(true);
  });

  it('LeaderTransferSecondTransferToSameNode: does not prolong the first', () => {
    const net = pending();
    net.tick('a', 5);
    transfer(net, 'a', 'c');
    net.tick('a', 5);
    expect(net.core('a').basicStatus().leadTransferee).toBe('');
  });

  it('TransferNonMember: one that is no member does not campaign when told to', () => {
    const one = new TestServer({ id: 'a', voters: ['b', 'c', 'd'] });
    one.core.step(createMessage({ type: 'TimeoutNow', from: 'b', to: 'a', term: 1 }));
    one.core.step(createMessage({ type: 'VoteResp', from: 'b', to: 'a', term: 1 }));
    one.core.step(createMessage({ type: 'VoteResp', from: 'c', to: 'a', term: 1 }));
    expect(one.core.basicStatus().role).toBe('follower');
  });

  it('candidates ignore TimeoutNow', () => {
    const one = new TestServer({ id: 'a', voters: IDS });
    one.core.campaign();
    one.settle();
    one.core.step(createMessage({ type: 'TimeoutNow', from: 'b', to: 'a', term: 1 }));
    expect(one.core.basicStatus()).toMatchObject({ role: 'candidate', term: 1 });
  });
});
