import { describe, expect, it } from 'vitest';
import { SerfNetwork } from '../../testing/serf-network.ts';
import type { VirtualSerf } from '../../testing/virtual-serf.ts';

const DAY_MS = 86_400_000;
const payload = new Uint8Array(0);

/** What a member saw happen to `name`. */
function fate(member: VirtualSerf, name: string): string[] {
  return member
    .events('memberChange')
    .filter(({ member: { name: one } }) => one === name)
    .map(({ change }) => change);
}

describe('members come and go', () => {
  it('leaveRejoinDifferentRole: who left comes back with other tags, at another address', () => {
    const network = new SerfNetwork({ seed: 51 });
    const [n0, n1, n2] = network.populate(3, { tags: { role: 'web' } });
    n2!.do((serf, nowMs) => serf.leave(nowMs));
    network.run(10_000);
    n2!.kill();
    const again = network.add('n2', { ip: '10.7.7.7', tags: { role: 'db' } });
    network.join(again, n0!);
    network.run(10_000);
    for (const member of [n0!, n1!]) {
      expect(member.serf.member('n2')).toMatchObject({
        status: 'alive',
        tags: { role: 'db' },
        address: { ip: '10.7.7.7' },
      });
      expect(fate(member, 'n2')).toEqual(['join', 'leave', 'join']);
    }
  });

  it('joinLeaveJoin: who left comes back at once, to peers that still hold it as left', () => {
    const network = new SerfNetwork({ seed: 52 });
    const [n0, , n2] = network.populate(3);
    n2!.do((serf, nowMs) => serf.leave(nowMs));
    expect(network.runUntil(() => n2!.serf.state === 'left', 10_000)).toBe(true);
    n2!.kill();
    network.restart(n2!);
    network.join(n2!, n0!);
    network.run(60_000);
    expect(network.statuses('n2')).toEqual(['alive', 'alive', 'alive']);
    expect(fate(n0!, 'n2')).toEqual(['join', 'leave', 'join']);
  });

  it('joinLeave_ltime: the intent to leave is later than that to join, on all', () => {
    const network = new SerfNetwork({ seed: 53 });
    const [n0, n1] = network.populate(2);
    const joined = n0!.serf.clocks.member;
    n1!.do((serf, nowMs) => serf.leave(nowMs));
    network.run(10_000);
    expect(n0!.serf.clocks.member).toBeGreaterThan(joined);
    expect(n0!.serf.member('n1')?.status).toBe('left');
  });

  it('forceLeaveFailed: a failed member is made to leave by any other, for all', () => {
    const network = new SerfNetwork({ seed: 54 });
    const all = network.populate(5);
    all[4]!.kill();
    network.run(30_000);
    expect(network.statuses('n4')).toEqual(Array(4).fill('failed'));
    all[1]!.do((serf, nowMs) => serf.removeFailed('n4', false, nowMs));
    network.run(5000);
    expect(network.statuses('n4')).toEqual(Array(4).fill('left'));
  });

  it('RemoveFailedNode_prune: and is forgotten, by all', () => {
    const network = new SerfNetwork({ seed: 55 });
    const all = network.populate(5);
    all[4]!.kill();
    network.run(60_000);
    all[1]!.do((serf, nowMs) => serf.removeFailed('n4', true, nowMs));
    network.run(5000);
    expect(network.statuses('n4')).toEqual(Array(4).fill(undefined));
    for (const member of network.running()) expect(fate(member, 'n4')).toEqual(['join', 'failed', 'leave', 'reap']);
  });

  it('a member that is alive contradicts who wants it to leave', () => {
    const network = new SerfNetwork({ seed: 56 });
    const all = network.populate(5);
    all[1]!.do((serf, nowMs) => serf.removeFailed('n4', false, nowMs));
    network.run(20_000);
    expect(network.statuses('n4')).toEqual(Array(5).fill('alive'));
    for (const member of all) expect(fate(member, 'n4')).toEqual(['join']);
  });

  it('reconnect: a pool that was cut in two for minutes is one again by itself', () => {
    const network = new SerfNetwork({ seed: 57 });
    const all = network.populate(10);
    network.partition(({ name }) => Number(name.slice(1)) % 2);
    network.run(120_000);
    expect(all[0]!.serf.members().filter(({ status }) => status === 'failed')).toHaveLength(5);
    network.heal();
    const isWhole = (): boolean => all.every(({ name }) => network.statuses(name).every((one) => one === 'alive'));
    expect(network.runUntil(isWhole, 120_000)).toBe(true);
  });

  it('reconnect_sameIP: a member that failed and is back under its name is taken, without an address', () => {
    const network = new SerfNetwork({ seed: 58 });
    const [n0, , n2] = network.populate(3);
    n2!.kill();
    network.run(60_000);
    network.restart(n2!);
    expect(network.runUntil(() => network.statuses('n2').every((one) => one === 'alive'), 300_000)).toBe(true);
    expect(fate(n0!, 'n2')).toEqual(['join', 'failed', 'join']);
    expect(n2!.serf.members()).toHaveLength(3);
  });

  it('Reap, ReapHandler: the failed and the left are forgotten after a day', () => {
    // Probes as rare as the test is long.
    const tuning = { probeIntervalMs: 600_000, pushPullIntervalMs: 0, suspicionMult: 1 };
    const network = new SerfNetwork({ seed: 59, tuning });
    const [n0, n1, n2] = network.populate(3);
    n1!.do((serf, nowMs) => serf.leave(nowMs));
    network.run(10_000);
    n1!.kill();
    n2!.kill();
    network.run(0.5 * DAY_MS);
    expect(n0!.serf.member('n1')?.status).toBe('left');
    expect(n0!.serf.member('n2')?.status).toBe('failed');
    expect(network.runUntil(() => n0!.serf.members().length === 1, 0.6 * DAY_MS)).toBe(true);
    expect(fate(n0!, 'n1')).toEqual(['join', 'leave', 'reap']);
    expect(fate(n0!, 'n2')).toEqual(['join', 'failed', 'reap']);
  });

  it('perNodeReconnectTimeout: the user may say for how long each failed member is remembered', () => {
    const network = new SerfNetwork({ seed: 60 });
    const modules = { reconnectTimeoutMs: ({ name }: { name: string }) => (name === 'n1' ? 1000 : undefined) };
    const [n0, n1, n2] = network.populate(3, { modules });
    n1!.kill();
    n2!.kill();
    network.run(60_000);
    expect(n0!.serf.members().map(({ name, status }) => `${name} ${status}`)).toEqual(['n0 alive', 'n2 failed']);
  });

  it('update, role, SetTags: other tags reach all, once', () => {
    const network = new SerfNetwork({ seed: 61 });
    const all = network.populate(6);
    all[5]!.do((serf, nowMs) => serf.setTags({ role: 'server', port: '6868' }, nowMs));
    network.run(5000);
    expect(all[5]!.events('tagsTold')).toEqual([{ type: 'tagsTold', timedOut: false }]);
    for (const member of all) {
      expect(member.serf.member('n5')?.tags).toEqual({ role: 'server', port: '6868' });
      expect(fate(member, 'n5')).toEqual(['join', 'update']);
    }
  });
});

describe('joining', () => {
  it('Join: tells whom it reached and why not the others; ourselves do not count', () => {
    const network = new SerfNetwork({ seed: 62 });
    const a = network.add('a');
    const b = network.add('b');
    const nobody = { ip: '10.9.9.9', port: 7946 };
    const join = a.do((serf, nowMs) => serf.join([b.address, nobody, a.address], nowMs));
    network.run(1000);
    expect(a.events('joined')).toEqual([
      {
        type: 'joined',
        join,
        contacted: 1,
        failures: [
          { address: a.address, reason: 'our own address' },
          { address: nobody, reason: 'unreachable' },
        ],
      },
    ]);
    expect(a.serf.members()).toHaveLength(2);
    expect(a.do((serf, nowMs) => serf.join([], nowMs))).toBeGreaterThan(0);
    expect(a.events('joined')[1]).toMatchObject({ contacted: 0, failures: [] });
  });

  it('Join_IgnoreOld: events from before the join are told or not, as wanted; later ones are', () => {
    for (const ignoreOld of [false, true]) {
      const network = new SerfNetwork({ seed: 63 });
      const [n0] = network.populate(2);
      n0!.do((serf, nowMs) => serf.userEvent('before', payload, false, nowMs));
      network.run(5000);
      const late = network.add('late');
      network.join(late, n0!, ignoreOld);
      network.run(40_000);
      n0!.do((serf, nowMs) => serf.userEvent('after', payload, false, nowMs));
      network.run(5000);
      const names = late.events('userEvent').map(({ name }) => name);
      expect(names).toEqual(ignoreOld ? ['after'] : ['before', 'after']);
    }
  });

  it('50 members that know one of them know each other, and nobody was seen to fail', () => {
    const network = new SerfNetwork({ seed: 64 });
    const all = network.populate(50);
    expect(all.flatMap((member) => member.events('memberChange')).filter(({ change }) => change !== 'join')).toEqual(
      [],
    );
    for (const member of all) expect(member.events('memberChange')).toHaveLength(50);
  });

  it('Query_Filter: only those meant are asked, in the whole pool', () => {
    const network = new SerfNetwork({ seed: 65 });
    const all = network.populate(6);
    for (const [i, member] of all.entries()) {
      member.do((serf, nowMs) => serf.setTags({ role: i % 2 === 0 ? 'web-1' : 'db-1' }, nowMs));
    }
    network.run(5000);
    const filters = [
      { kind: 'tag', tag: 'role', expression: '^web-\\d$' },
      { kind: 'nodes', nodes: ['n0', 'n1', 'n2', 'n3'] },
    ] as const;
    all[5]!.do((serf, nowMs) => serf.query({ name: 'q', filters, ack: true }, nowMs));
    network.run(10_000);
    expect(all.map((member) => member.events('query').length)).toEqual([1, 0, 1, 0, 0, 0]);
    const acks = all[5]!.events('queryAck').map(({ from }) => from);
    expect(acks.toSorted()).toEqual(['n0', 'n2']);
  });

  it('the same seed gives the same run', () => {
    const record = (): unknown => {
      const network = new SerfNetwork({ seed: 66 });
      network.lossPpm = 0;
      const all = network.populate(8);
      network.lossPpm = 200_000;
      all[2]!.do((serf, nowMs) => serf.query({ name: 'q', ack: true, relayFactor: 2 }, nowMs));
      all[3]!.kill();
      network.run(30_000);
      return [network.packetsSent, all.map(({ seen }) => seen.map(({ atMs, event }) => [atMs, event.type]))];
    };
    expect(record()).toEqual(record());
  });
});
