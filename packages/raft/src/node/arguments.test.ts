import { describe, expect, it } from 'vitest';
import { command, NodeCluster } from '../testing/node-cluster.ts';
import { decodeInfos } from './members.ts';
import type { RaftNode } from './raft-node.ts';
import { parsePeers } from './recover-peers.ts';

const BYTES = new Uint8Array(3);
/** What no type allows: each is a TypeError, and the server goes on. */
const MISUSES: readonly (readonly [string, (node: RaftNode, x: (value: unknown) => never) => unknown])[] = [
  ['apply(text)', (node, x) => node.apply(x('abc'))],
  ['apply()', (node, x) => node.apply(x(undefined))],
  ['apply(null)', (node, x) => node.apply(x(null))],
  ['apply(ArrayBuffer)', (node, x) => node.apply(x(new ArrayBuffer(4)))],
  ['apply(DataView)', (node, x) => node.apply(x(new DataView(new ArrayBuffer(4))))],
  ['apply(Uint16Array)', (node, x) => node.apply(x(new Uint16Array(4)))],
  ['apply(numbers)', (node, x) => node.apply(x([1, 2]))],
  ['apply(like bytes)', (node, x) => node.apply(x({ byteLength: 3, length: 3 }))],
  ['applyBatch(bytes)', (node, x) => node.applyBatch(x(BYTES))],
  ['applyBatch(one of two)', (node, x) => node.applyBatch([BYTES, x('abc')])],
  ['addVoter(number)', (node, x) => node.addVoter(x(5))],
  ['addNonvoter(empty)', (node) => node.addNonvoter('')],
  ['addNonvoter(reserved)', (node) => node.addNonvoter('\u0000append')],
  ['addNonvoter(long)', (node) => node.addNonvoter('w'.repeat(1025))],
  ['addNonvoter(half a character)', (node) => node.addNonvoter('\ud800')],
  ['addNonvoter(address)', (node, x) => node.addNonvoter('w', { address: x(5) })],
  ['addNonvoter(birth)', (node, x) => node.addNonvoter('w', { birth: x({}) })],
  ['remove()', (node, x) => node.remove(x(undefined))],
  ['remove(prevIndex)', (node, x) => node.remove('w', { prevIndex: x('1') })],
  ['updateMember(null)', (node, x) => node.updateMember('a', x(null))],
  ['updateMember(address)', (node, x) => node.updateMember('a', { address: x(7) })],
  ['changeMembers(none)', (node) => node.changeMembers([])],
  ['changeMembers(null)', (node, x) => node.changeMembers([x(null)])],
  ['changeMembers(kind)', (node, x) => node.changeMembers([{ kind: x('promote'), id: 'w' }])],
  [
    'changeMembers(transition)',
    (node, x) => node.changeMembers([{ kind: 'addNonvoter', id: 'w' }], { transition: x('now') }),
  ],
  ['setFeatureLevel(text)', (node, x) => node.setFeatureLevel(x('2'))],
  ['setFeatureLevel(NaN)', (node) => node.setFeatureLevel(NaN)],
  ['setFeatureLevel(negative)', (node) => node.setFeatureLevel(-1)],
  ['restore(texts)', (node, x) => node.restore(streamOf(x('abc')))],
  ['restore(other numbers)', (node, x) => node.restore(streamOf(x(new Uint16Array(4))))],
  [
    'bootstrap(names)',
    (node, x) => node.bootstrap({ region: 'global', attempt: 0, members: [{ id: x(1), birth: '' }] }),
  ],
];

async function* streamOf(part: Uint8Array): AsyncGenerator<Uint8Array> {
  yield part;
}

describe('RaftNode: misuse', () => {
  it('is a TypeError, whatever was passed, and the server goes on', async () => {
    const cluster = await NodeCluster.founded(1);
    const { node } = cluster.get('a');
    for (const [name, misuse] of MISUSES) {
      const call = async (): Promise<unknown> => await misuse(node, (value) => value as never);
      expect(await cluster.failure(call()), name).toBeInstanceOf(TypeError);
      await cluster.apply('a', name);
    }
    expect(node.stats()).toMatchObject({ running: true, pendingProposals: 0 });
    expect(node.getConfiguration().members.map(({ id }) => id)).toEqual(['a']);
    expect(cluster.get('a').machine.commands).toEqual(MISUSES.map(([name]) => name));
  });

  it('a name may have as many bytes as a handshake carries', async () => {
    const cluster = await NodeCluster.founded(1);
    const { learners } = await cluster.settled(cluster.node('a').addNonvoter('é'.repeat(512)));
    expect(learners).toEqual(['é'.repeat(512)]);
  });

  it('bytes of another realm are bytes', async () => {
    const cluster = await NodeCluster.founded(1);
    const bytes = command('x');
    Object.setPrototypeOf(
      bytes,
      Object.create(Uint8Array.prototype, Object.getOwnPropertyDescriptors(Uint8Array.prototype)) as object,
    );
    await cluster.settled(cluster.node('a').apply(bytes));
    expect(cluster.get('a').machine.commands).toEqual(['x']);
  });

  it('who is no member cannot be demoted: that would add them', async () => {
    const cluster = await NodeCluster.founded(1);
    const error = await cluster.failure(cluster.node('a').demote('stranger'));
    expect(error).toMatchObject({ code: 'conf_change_refused', details: { reason: 'unknownMember', id: 'stranger' } });
  });

  it('facts about members that are none are left out, not taken over by every server', () => {
    const text = '{"a":null,"b":5,"c":{"address":7},"d":{"address":"x"},"__proto__":{"birth":[]}}';
    expect(decodeInfos(new TextEncoder().encode(text))).toEqual({ d: { address: 'x' } });
  });

  it('peers.json with a name that cannot be one is refused', () => {
    for (const id of ['\\ud800', '\\u0000apply']) {
      expect(() => parsePeers(`[{"id":"${id}","address":"x:1"}]`)).toThrow('peers.json cannot be obeyed');
    }
  });
});
