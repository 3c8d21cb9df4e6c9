import { RaftNode } from '@dkron/raft';
import type { CommittedEntry, StateMachine, StateSnapshot } from '@dkron/raft';
import { MemoryIdentity, MemoryLog, MemorySnapshots } from '@dkron/raft/storage';
import { systemTimers } from '@dkron/runtime/system';
import { seededRandom } from '@dkron/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { testModules } from '../test/place.ts';
import { GrpcRaftTransport } from './transport.ts';

/** Remembers every command. */
class Journal implements StateMachine {
  commands: string[] = [];
  restores = 0;

  apply(batch: readonly CommittedEntry[]): readonly unknown[] {
    return batch.map(({ data }) => this.commands.push(new TextDecoder().decode(data)));
  }

  snapshot(): StateSnapshot {
    const state = new TextEncoder().encode(JSON.stringify(this.commands));
    return { persist: (writer) => writer.write(state), release: () => {} };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    this.commands = JSON.parse(Buffer.concat(chunks).toString()) as string[];
    this.restores += 1;
  }
}

interface Member {
  readonly id: string;
  readonly medium: object;
  readonly snapshots: MemorySnapshots;
  readonly identity: MemoryIdentity;
  journal: Journal;
  node: RaftNode;
}

const addrs = new Map<string, string>();
const members: Member[] = [];
let starts = 0;

async function start(member: Omit<Member, 'journal' | 'node'>): Promise<Member> {
  const { id } = member;
  const ambient = { ...testModules(), random: seededRandom(++starts) };
  const transport = new GrpcRaftTransport({ id }, ambient);
  addrs.set(id, await transport.listen({ host: '127.0.0.1', port: 0 }));
  const journal = new Journal();
  const node = new RaftNode(
    { id, trailingLogs: 0 },
    {
      ...ambient,
      log: new MemoryLog(member.medium),
      snapshots: member.snapshots,
      identity: member.identity,
      transport,
      stateMachine: journal,
      resolver: { address: (peer) => addrs.get(peer) ?? '' },
    },
  );
  await node.start();
  return Object.assign(member, { journal, node });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemTimers.sleep(5);
}

async function leaderOf(some: readonly Member[]): Promise<Member> {
  await until(() => some.some(({ node }) => node.leadershipValid()));
  return some.find(({ node }) => node.leadershipValid())!;
}

function commands(from: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`command ${from + i}`.padEnd(256, '.')));
}

afterEach(async () => {
  await Promise.all(members.map(({ node }) => node.stop()));
});

describe('three nodes over GrpcRaftTransport', () => {
  it('agree, bring a restarted one up by a snapshot, and go on when the leader stops', async () => {
    for (const id of ['a', 'b', 'c']) {
      const parts = { id, medium: {}, snapshots: new MemorySnapshots(), identity: new MemoryIdentity() };
      members.push(await start(parts));
    }
    const births = members.map(({ id, node }) => ({ id, birth: node.identity.birth }));
    for (const { node } of members) await node.bootstrap({ region: 'global', attempt: 0, members: births });

    const leader = await leaderOf(members);
    await leader.node.applyBatch(commands(0, 500));
    await until(() => members.every(({ journal }) => journal.commands.length === 500));

    // Behind the log that is kept, and at another address.
    const follower = members.find((member) => member !== leader)!;
    await follower.node.stop();
    for (let from = 500; from < 800; from += 30) await leader.node.applyBatch(commands(from, 30));
    await leader.node.snapshot();
    await start(follower);
    await until(() => follower.journal.commands.length === 800);
    expect(follower.journal.restores).toBeGreaterThan(0);

    await leader.node.stop();
    const rest = members.filter((member) => member !== leader);
    const next = await leaderOf(rest);
    await next.node.applyBatch(commands(800, 10));
    await until(() => rest.every(({ journal }) => journal.commands.length === 810));
    expect(rest[0]?.journal.commands).toEqual(rest[1]?.journal.commands);
    expect(rest[0]?.journal.commands.slice(0, 500)).toEqual(leader.journal.commands.slice(0, 500));
  });
});
