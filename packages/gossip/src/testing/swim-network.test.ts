import { describe, expect, it } from 'vitest';
import { SwimNetwork } from './swim-network.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);

/** Whether all running members hold exactly all running members as alive. */
function agrees(network: SwimNetwork): boolean {
  const running = network.running();
  return running.every(({ swim }) => {
    const alive = swim.members().filter(({ state }) => state === 'alive');
    return alive.length === running.length && running.every(({ name }) => swim.member(name)?.state === 'alive');
  });
}

/** `observer: subject` of all events of a kind. */
function seen(network: SwimNetwork, type: 'failed' | 'left' | 'suspect'): string[] {
  return [...network.members.values()].flatMap((member) =>
    member.seen.flatMap(({ event }) => (event.type === type ? [`${member.name}: ${event.node.name}`] : [])),
  );
}

function pool(seed: number, count: number): SwimNetwork {
  const network = new SwimNetwork({ seed });
  network.populate(count, 20);
  expect(network.runUntil(() => agrees(network), 30_000)).toBe(true);
  return network;
}

describe('a virtual pool', () => {
  it('Join: 50 members that know one of them know each other within 5 s', () => {
    const network = new SwimNetwork({ seed: 1 });
    network.populate(50);
    expect(network.runUntil(() => agrees(network), 5000)).toBe(true);
    network.run(60_000);
    expect(agrees(network)).toBe(true);
    expect(seen(network, 'suspect')).toEqual([]);
  });

  it('ProbeNode: a killed member is dead for all within the bound', () => {
    const network = pool(2, 50);
    network.member('n7').kill();
    const killedMs = network.nowMs;
    const found = (): boolean => network.views('n7').every((state) => state === 'dead');
    // Somebody probes it within 2 periods nearly always; then the suspicion without confirmations is the most.
    expect(network.runUntil(found, 60_000)).toBe(true);
    expect(network.nowMs - killedMs).toBeGreaterThan(6700);
    expect(network.nowMs - killedMs).toBeLessThan(15_000);
    expect(new Set(seen(network, 'failed').map((line) => line.split(': ')[1]))).toEqual(new Set(['n7']));
  });

  it('30 % loss for a minute kills no healthy member', () => {
    const network = pool(3, 50);
    network.lossPpm = 300_000;
    network.run(60_000);
    network.lossPpm = 0;
    network.run(30_000);
    expect(seen(network, 'failed')).toEqual([]);
    expect(agrees(network)).toBe(true);
  });

  it('30 % loss without help of streams: Lifeguard lets fewer be buried than plain SWIM, the last probe no more', () => {
    const burials = (lifeguard: boolean, lastProbe = false): number => {
      const off = { awarenessMaxMultiplier: 1, suspicionMaxTimeoutMult: 1, buddyPing: false };
      const tuning = { streamPings: false, lastProbe, ...(lifeguard ? {} : off) };
      const network = new SwimNetwork({ seed: 31, mode: 'objects', tuning });
      network.populate(40, 20);
      network.run(5000);
      network.lossPpm = 300_000;
      network.run(60_000);
      return seen(network, 'failed').length;
    };
    const plain = burials(false);
    expect(plain).toBeGreaterThan(20);
    expect(burials(true)).toBeLessThanOrEqual(plain / 10);
    expect(burials(false, true)).toBeLessThan(plain / 2);
    expect(burials(true, true)).toBeLessThanOrEqual(burials(true));
  });

  it('SuspectNode_Refute: a member that hears it is suspect contradicts with a higher incarnation', () => {
    const network = pool(4, 10);
    network.member('n3').do((swim) => {
      swim.receive(
        [{ type: 'suspect', node: 'n5', from: 'n4', incarnation: 1 }],
        { ip: '10.0.0.4', port: 1 },
        network.nowMs,
      );
    });
    expect(network.member('n3').swim.member('n5')?.state).toBe('suspect');
    network.run(5000);
    for (const { swim } of network.running()) {
      expect(swim.member('n5')).toMatchObject({ state: 'alive', incarnation: 2 });
    }
    expect(seen(network, 'failed')).toEqual([]);
  });

  it('a killed member that starts again is taken with a higher incarnation', () => {
    const network = pool(5, 10);
    network.member('n4').kill();
    network.run(20_000);
    expect(network.views('n4')).toEqual(Array(9).fill('dead'));
    network.restart('n4', 'n0');
    expect(network.runUntil(() => agrees(network), 10_000)).toBe(true);
    expect(network.member('n0').swim.member('n4')!.incarnation).toBeGreaterThan(1);
  });

  it('Leave: who says goodbye has left, and never failed', () => {
    const network = pool(6, 20);
    const leaver = network.member('n9');
    leaver.do((swim) => swim.leave(network.nowMs));
    const told = (): boolean => leaver.seen.some(({ event }) => event.type === 'told');
    expect(network.runUntil(told, 10_000)).toBe(true);
    leaver.kill();
    network.run(30_000);
    for (const { swim } of network.running()) expect([undefined, 'left']).toContain(swim.member('n9')?.state);
    expect(seen(network, 'left').filter((line) => line.endsWith(': n9'))).toHaveLength(20);
    expect(seen(network, 'failed')).toEqual([]);
  });

  it('a partition is noticed on both sides and heals', () => {
    const network = pool(7, 20);
    network.partition((name) => Number(name.slice(1)) % 2);
    network.run(25_000);
    expect(
      new Set(
        network
          .member('n1')
          .swim.members()
          .map(({ name, state }) => `${Number(name.slice(1)) % 2} ${state}`),
      ),
    ).toEqual(new Set(['1 alive', '0 dead']));
    network.heal();
    // SWIM alone finds back only while there is news to send to the dead; Serf's reconnect makes such an exchange.
    network.join('n1', 'n2');
    expect(network.runUntil(() => agrees(network), 10_000)).toBe(true);
  });

  it('a stalled member accuses nobody when it wakes, and a short stall costs no member its life', () => {
    const network = pool(8, 20);
    for (const stallMs of [600, 2000, 9000]) {
      const before = seen(network, 'suspect').filter((line) => line.startsWith('n2: ')).length;
      network.member('n2').stall(stallMs);
      network.run(stallMs + 3000);
      const accused = seen(network, 'suspect').filter((line) => line.startsWith('n2: '));
      expect(accused.slice(before).filter((line) => line !== 'n2: n2')).toEqual([]);
      expect(network.runUntil(() => agrees(network), 30_000)).toBe(true);
    }
    expect(network.member('n2').seen.filter(({ event }) => event.type === 'stalled').length).toBeGreaterThanOrEqual(2);
    expect(seen(network, 'failed').filter((line) => !line.endsWith(': n2'))).toEqual([]);
  });

  it('members that know each other from the start have little to tell: two packets each per second', () => {
    const network = new SwimNetwork({ seed: 10, mode: 'objects' });
    network.populateKnown(100);
    expect(agrees(network)).toBe(true);
    network.run(10_000);
    const before = network.packetsSent;
    network.run(20_000);
    expect((network.packetsSent - before) / 100 / 20).toBeCloseTo(2, 1);
    expect(agrees(network)).toBe(true);
    expect(seen(network, 'suspect')).toEqual([]);
  });

  it('the same seed gives the same run', () => {
    const record = (): unknown => {
      const network = new SwimNetwork({ seed: 9 });
      network.lossPpm = 200_000;
      network.populate(15, 100);
      network.plan(3000, () => network.member('n3').stall(5000));
      network.run(30_000);
      const events = names(15).map((name) =>
        network
          .member(name)
          .seen.map(({ atMs, event }) => [atMs, event.type, 'node' in event ? event.node : undefined]),
      );
      return [network.packetsSent, events];
    };
    expect(record()).toEqual(record());
  });
});
