import { describe, expect, it } from 'vitest';
import { SerfNetwork } from './serf-network.ts';
import type { VirtualSerf } from './virtual-serf.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);

/** `change name` of all changes a member saw. */
function changes(member: VirtualSerf): string[] {
  return member.events('memberChange').map(({ change, member: { name } }) => `${change} ${name}`);
}

describe('a virtual Serf pool', () => {
  it('eventsJoin, joinLeave: members see each other join; who leaves has left, for all, and never failed', () => {
    const network = new SerfNetwork({ seed: 1 });
    const all = network.populate(10);
    const leaver = network.member('n4');
    leaver.do((serf, nowMs) => serf.leave(nowMs));
    expect(network.runUntil(() => leaver.events('leftPool').length === 1, 15_000)).toBe(true);
    expect(leaver.serf.state).toBe('left');
    leaver.kill();
    network.run(60_000);
    expect(network.statuses('n4')).toEqual(Array(9).fill('left'));
    for (const member of all) {
      expect(changes(member).filter((line) => line.endsWith(' n4'))).toEqual(['join n4', 'leave n4']);
      expect(changes(member).filter((line) => line.startsWith('failed'))).toEqual([]);
    }
  });

  it('eventsFailed: a killed member has failed, for all', () => {
    const network = new SerfNetwork({ seed: 2 });
    network.populate(5);
    network.member('n3').kill();
    expect(network.runUntil(() => network.statuses('n3').every((status) => status === 'failed'), 30_000)).toBe(true);
    for (const member of network.running()) {
      expect(changes(member).filter((line) => line.endsWith(' n3'))).toEqual(['join n3', 'failed n3']);
    }
  });

  it('eventsUser: an event reaches each of 50 members once, with loss and doubled packets', () => {
    const network = new SerfNetwork({ seed: 3 });
    const all = network.populate(50);
    network.lossPpm = 200_000;
    network.duplicatePpm = 300_000;
    all[7]!.do((serf, nowMs) => serf.userEvent('deploy', bytes('v1'), false, nowMs));
    network.run(5000);
    all[31]!.do((serf, nowMs) => serf.userEvent('deploy', bytes('v2'), false, nowMs));
    network.run(60_000);
    for (const member of all) {
      expect(member.events('userEvent').map(({ payload }) => text(payload))).toEqual(['v1', 'v2']);
    }
  });

  it('Query: all answer and acknowledge once, also over relays; the collector ends in time', () => {
    const network = new SerfNetwork({ seed: 4 });
    const all = network.populate(20);
    for (const member of all) {
      member.onEvent = (event, serf) => {
        if (event.type === 'query') serf.respond(event.query, bytes(`${event.name} of ${member.name}`), network.nowMs);
      };
    }
    const asker = all[3]!;
    const startMs = network.nowMs;
    const query = asker.do((serf, nowMs) => serf.query({ name: 'load', ack: true, relayFactor: 3 }, nowMs))!;
    network.run(20_000);
    const names = all.map(({ name }) => name).toSorted();
    expect(
      asker
        .events('queryAck')
        .map(({ from }) => from)
        .toSorted(),
    ).toEqual(names);
    expect(
      asker
        .events('queryAnswer')
        .map(({ payload }) => text(payload))
        .toSorted(),
    ).toEqual(names.map((name) => `load of ${name}`));
    expect(asker.events('queryFinished')).toEqual([{ type: 'queryFinished', query, acks: 20, answers: 20 }]);
    // 200 ms * 16 * ceil(log10(21))
    expect(asker.seen.find(({ event }) => event.type === 'queryFinished')!.atMs - startMs).toBe(6400);
  });
});
