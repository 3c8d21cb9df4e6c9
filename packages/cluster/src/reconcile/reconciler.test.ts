import { describe, expect, it } from 'vitest';
import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { Describer } from '../describe/describer.ts';
import type { DescribeOutcome } from '../describe/description.ts';
import type { NodeMember } from '../tags/node-member.ts';
import { makeChange } from './make-change.ts';
import { changeText } from './note-text.ts';
import { Reconciler } from './reconciler.ts';
import type { Change, ConfiguredServer } from './types.ts';

/** A leader with a raft that obeys. */
class Place {
  readonly time = new ManualTime();
  readonly logger = new MemoryLogger();
  leads = true;
  servers: ConfiguredServer[] = [{ id: 'a', voter: true, birth: 'a1' }];
  index = 1;
  members: NodeMember[] = [member('a')];
  births: Record<string, string> = {};
  behind = new Set<string>();
  readonly changes: string[] = [];
  /** What the next changes wait for, or fail with. */
  gate: Promise<void> = Promise.resolve();
  inFlight = 0;
  /** Changes that were begun beside another one, or from another configuration. */
  readonly faults: string[] = [];
  readonly reconciler: Reconciler;

  constructor(replaceAfterMs = 300_000) {
    const { time, logger } = this;
    const ask = async (address: string): Promise<DescribeOutcome> => this.describe(address);
    this.reconciler = new Reconciler(
      { name: 'a', replaceAfterMs },
      {
        clock: time,
        timers: time,
        logger,
        describer: new Describer({}, { ask, clock: time }),
        servers: () => this.members,
        raft: {
          isLeader: () => this.leads,
          clusterId: () => 'C',
          configuration: () => ({ index: this.index, joint: false, servers: this.servers }),
          contact: (id) => ({ recent: true, caughtUp: !this.behind.has(id), hasConfiguration: true }),
          change: async (change, prevIndex) => await this.change(change, prevIndex),
        },
      },
    );
  }

  describe(name: string): DescribeOutcome {
    const birth = this.births[name];
    if (birth === undefined) return { kind: 'silent', why: 'timeout' };
    const state = this.servers.some(({ id }) => id === name) ? 'member' : 'fresh';
    const clusterId = state === 'member' ? 'C' : '';
    const rest = {
      region: 'r',
      boot: '',
      expect: 0,
      members: [],
      leader: { name: '', address: '' },
      software: '',
      featureMax: 0,
      wallMs: 0,
    };
    return { kind: 'ours', description: { name, birth, state, clusterId, ...rest } };
  }

  async change(change: Change, prevIndex: number): Promise<void> {
    if (prevIndex !== this.index || this.inFlight > 0) this.faults.push(changeText(change));
    this.inFlight++;
    try {
      await this.gate;
    } finally {
      this.inFlight--;
    }
    this.changes.push(changeText(change));
    this.index++;
    const without = (id: string): ConfiguredServer[] => this.servers.filter((server) => server.id !== id);
    if (change.kind === 'add-learner') this.servers = [...this.servers, { ...change, voter: false }];
    if (change.kind === 'promote')
      this.servers = this.servers.map((s) => (s.id === change.id ? { ...s, voter: true } : s));
    if (change.kind === 'remove') this.servers = without(change.id);
    if (change.kind === 'swap')
      this.servers = without(change.out).map((s) => (s.id === change.in ? { ...s, voter: true } : s));
  }

  arrive(...names: readonly string[]): void {
    for (const name of names) {
      this.births[name] ??= `${name}1`;
      this.members = [...this.members.filter((known) => known.name !== name), member(name)];
      this.reconciler.joined(name);
    }
  }

  status(name: string, status: NodeMember['status']): void {
    this.members = this.members.map((known) => (known.name === name ? { ...known, status } : known));
    this.reconciler.changed();
  }
}

function member(name: string, status: NodeMember['status'] = 'alive'): NodeMember {
  const rest = { server: true, region: 'r', datacenter: '', version: '', expect: 3, bootstrap: false };
  return { name, status, rpcAddress: name, ...rest };
}

async function formed(replaceAfterMs?: number): Promise<Place> {
  const place = new Place(replaceAfterMs);
  place.reconciler.start();
  place.arrive('b', 'c');
  await place.time.advance(0);
  place.changes.length = 0;
  return place;
}

describe('Reconciler', () => {
  it('G-C1: reacts to events, one change after the other', async () => {
    const place = new Place();
    place.reconciler.start();
    await place.time.advance(0);
    place.arrive('b', 'c');
    await place.time.advance(0);
    expect(place.changes).toEqual(['add b as learner', 'make b a voter', 'add c as learner', 'make c a voter']);
    expect(place.servers.every(({ voter }) => voter)).toBe(true);
    expect(place.faults).toEqual([]);
  });

  it('has one change in flight, whatever comes meanwhile', async () => {
    const place = await formed();
    const gate = Promise.withResolvers<void>();
    place.gate = gate.promise;
    place.arrive('d');
    await place.time.advance(0);
    place.arrive('e');
    await place.time.advance(5000);
    expect(place.inFlight).toBe(1);
    expect(place.changes).toEqual([]);
    gate.resolve();
    await place.time.advance(0);
    expect(place.faults).toEqual([]);
    expect(place.changes).toEqual(['add d as learner', 'make d a voter', 'add e as learner', 'make e a voter']);
  });

  it('asks a server that came back and is still starting again soon: it may have lost its data', async () => {
    const place = await formed();
    delete place.births['b'];
    place.reconciler.joined('b');
    await place.time.advance(500);
    expect(place.reconciler.notes).toEqual([]);
    place.births['b'] = 'b2';
    await place.time.advance(1000);
    expect(place.reconciler.notes).toMatchObject([{ kind: 'amnesia', name: 'b', birth: 'b2' }]);
  });

  it('looks every 60 s by itself, and each second at a learner that catches up', async () => {
    const place = await formed();
    place.members = [...place.members, member('d')];
    place.births['d'] = 'd1';
    place.behind.add('d');
    await place.time.advance(59_999);
    expect(place.changes).toEqual([]);
    await place.time.advance(1);
    expect(place.changes).toEqual(['add d as learner']);
    place.behind.clear();
    await place.time.advance(1000);
    expect(place.changes).toEqual(['add d as learner', 'make d a voter']);
  });

  it('does nothing while it does not lead, and counts failures from when it saw them', async () => {
    const place = await formed();
    place.leads = false;
    place.status('b', 'failed');
    place.arrive('d');
    await place.time.advance(299_000);
    expect(place.changes).toEqual([]);
    place.leads = true;
    place.reconciler.changed();
    await place.time.advance(500);
    expect(place.changes).toEqual(['add d as learner']);
    await place.time.advance(500);
    expect(place.changes).toEqual(['add d as learner', 'replace b by d']);
  });

  it('a leader that may not act yet when it is told is asked again soon', async () => {
    const place = await formed();
    place.leads = false;
    place.arrive('d');
    await place.time.advance(1500);
    place.leads = true;
    await place.time.advance(500);
    expect(place.changes).toEqual(['add d as learner', 'make d a voter']);
  });

  it('swaps at the very time, though nothing happens then', async () => {
    const place = await formed(100_500);
    place.arrive('d');
    await place.time.advance(0);
    place.status('b', 'failed');
    place.arrive('e');
    await place.time.advance(100_499);
    expect(place.changes).toEqual(['add d as learner', 'make d a voter', 'add e as learner']);
    await place.time.advance(1);
    expect(place.changes.at(-1)).toBe('replace b by e');
  });

  it('with 0 nothing is swapped, ever', async () => {
    const place = await formed(0);
    place.status('b', 'failed');
    place.arrive('e');
    await place.time.advance(10_000_000);
    expect(place.changes).toEqual(['add e as learner']);
  });

  it('G-C2: a member that gossip has forgotten is removed; one that is merely not there yet is not', async () => {
    const place = await formed();
    place.members = place.members.filter(({ name }) => name !== 'c');
    place.reconciler.changed();
    await place.time.advance(200_000);
    expect(place.changes).toEqual([]);
    place.reconciler.reaped('c');
    await place.time.advance(0);
    expect(place.changes).toEqual(['remove c, which was forgotten after it failed']);
  });

  it('a server back without its data is refused, and told once a minute', async () => {
    const place = await formed();
    place.births['b'] = 'b2';
    place.arrive('b');
    await place.time.advance(59_000);
    expect(place.changes).toEqual([]);
    const texts = (): unknown[] =>
      place.logger.records.filter(({ fields }) => fields['reason'] === 'amnesia').map(({ fields }) => fields['text']);
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toContain('type: dkron raft remove-peer --peer-id b');
    await place.time.advance(120_000);
    expect(texts()).toHaveLength(3);
    // As the operator typed it.
    place.servers = place.servers.filter(({ id }) => id !== 'b');
    place.index++;
    place.reconciler.changed();
    await place.time.advance(0);
    expect(place.changes).toEqual(['add b as learner', 'make b a voter']);
    expect(place.servers.find(({ id }) => id === 'b')).toMatchObject({ birth: 'b2' });
  });

  it('a change that fails is tried again, later and later, and the pause ends with a success', async () => {
    const place = await formed();
    place.gate = Promise.reject(new Error('no'));
    place.gate.catch(() => {});
    place.arrive('d');
    const failures = (): number => place.logger.records.filter(({ level }) => level === 'warn').length;
    await place.time.advance(0);
    expect(failures()).toBe(1);
    await place.time.advance(1000 + 2000 + 4000);
    expect(failures()).toBe(4);
    await place.time.advance(600_000);
    expect(failures()).toBeLessThan(30);
    place.gate = Promise.resolve();
    await place.time.advance(30_000);
    expect(place.changes).toEqual(['add d as learner', 'make d a voter']);
  });

  it('stopped, it leaves no timer', async () => {
    const place = await formed();
    place.reconciler.stop();
    expect(place.time.pendingCount).toBe(0);
    place.arrive('d');
    await place.time.advance(100_000);
    expect(place.changes).toEqual([]);
    expect(place.reconciler.notes).toEqual([]);
  });
});

describe('the calls that changes are', () => {
  it.each<[Change, unknown[]]>([
    [
      { kind: 'add-learner', id: 'b', birth: '1', address: 'x' },
      ['addNonvoter', 'b', { birth: '1', address: 'x', prevIndex: 7 }],
    ],
    [{ kind: 'promote', id: 'b' }, ['promote', 'b', { timeoutMs: 10_000, prevIndex: 7 }]],
    [{ kind: 'remove', id: 'b', why: 'left' }, ['remove', 'b', { prevIndex: 7 }]],
    [
      { kind: 'swap', in: 'b', out: 'c' },
      [
        'changeMembers',
        [
          { kind: 'addVoter', id: 'b' },
          { kind: 'remove', id: 'c' },
        ],
        { prevIndex: 7 },
      ],
    ],
    [{ kind: 'transfer' }, ['transferLeadership']],
  ])('%o', async (change, call) => {
    const calls: unknown[][] = [];
    const note =
      (name: string) =>
      async (...args: unknown[]): Promise<void> =>
        void calls.push([name, ...args]);
    const raft = {
      addNonvoter: note('addNonvoter'),
      promote: note('promote'),
      remove: note('remove'),
      changeMembers: note('changeMembers'),
      transferLeadership: note('transferLeadership'),
    };
    await makeChange(raft, change, 7);
    expect(calls).toEqual([call]);
  });
});
