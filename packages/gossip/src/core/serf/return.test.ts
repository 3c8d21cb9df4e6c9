/* A member that left and came back: in whatever order its peers hear of it, nobody takes it for leaving for long. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import { SerfNetwork, type SerfNetworkOptions } from '../../testing/serf-network.ts';
import type { MemberStatus } from '../types.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';
import type { QueryMessage } from '../wire/serf-messages.ts';

/** For long runs: GOSSIP_RETURN_SEEDS=1000. */
const SEEDS = Number(process.env['GOSSIP_RETURN_SEEDS'] ?? 20);
const EXCHANGES_MS = 30_000;

/** Six members, of which one leaves and comes back; what the others then hold of it, from time to time. */
function comeBack(options: SerfNetworkOptions, lossPpm: number): MemberStatus[][] {
  const network = new SerfNetwork({ scatter: true, ...options });
  const all = network.populate(6);
  const one = all[5]!;
  one.do((serf, nowMs) => serf.leave(nowMs));
  network.runUntil(() => one.serf.state === 'left', 20_000);
  one.kill();
  network.runUntil(() => network.statuses('n5').every((status) => status === 'left'), 40_000);
  network.lossPpm = lossPpm;
  network.join(network.add('n5'), all[0]!);
  network.run(4000);
  const seen: MemberStatus[][] = [];
  for (let i = 0; i < 2; i++) {
    network.lossPpm = 0;
    network.run(EXCHANGES_MS);
    seen.push(network.statuses('n5').map((status) => status ?? 'none'));
  }
  return seen;
}

describe('a member that comes back', () => {
  // A peer that heard the intent to join before SWIM said so took the time of the return for that of the leave, and told.
  it.each([
    { seed: 276, lossPpm: 100_000, slowestMs: 300, pushPullIntervalMs: 3000 },
    { seed: 297, lossPpm: 300_000, slowestMs: 500, pushPullIntervalMs: 3000 },
    { seed: 19, lossPpm: 300_000, slowestMs: 1000, pushPullIntervalMs: 30_000 },
  ])('was leaving for one for more than a minute: seed $seed', ({ seed, lossPpm, slowestMs, pushPullIntervalMs }) => {
    const seen = comeBack({ seed, delayMs: [1, slowestMs], tuning: { pushPullIntervalMs } }, lossPpm);
    expect(seen).toEqual(seen.map((views) => views.map(() => 'alive')));
  });

  it('is alive for all after the next exchanges of tables, with messages late, lost and out of order', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const seen = comeBack({ seed, delayMs: [1, 1000] }, 300_000);
      expect(seen.at(-1), `seed ${seed}`).toEqual(seen.at(-1)!.map(() => 'alive'));
    }
  });
});

const LEFT_AT = 10;
const RETURN_AT = 13;
type News = (lone: LoneSerf) => void;

const NEWS: Record<string, News> = {
  leave: (lone) => lone.hear({ type: 'leave', node: 'a', lamportTime: LEFT_AT, prune: false }),
  dead: (lone) => lone.hearPacket({ type: 'dead', node: 'a', from: 'a', incarnation: 1 }),
  alive: (lone) => lone.hearPacket(aliveOf('a', 44, 2)),
  join: (lone) => lone.hear({ type: 'join', node: 'a', lamportTime: RETURN_AT - 1 }),
  joinAgain: (lone) => lone.hear({ type: 'join', node: 'a', lamportTime: RETURN_AT }),
  settled: (lone) => lone.merge({ statusLamportTimes: new Map([['a', RETURN_AT]]) }),
};
/** States of peers that still hold it as left. Each exchange of the original among themselves adds one to the time. */
for (let time = LEFT_AT; time <= RETURN_AT + 1; time++) {
  NEWS[`left ${time}`] = (lone) => lone.merge({ leftMembers: ['a'], statusLamportTimes: new Map([['a', time]]) });
}

/** Others answer each question about `a` by how they see it. */
function answerVotes(lone: LoneSerf): void {
  for (const { message } of lone.takeDirect()) {
    if (message.type === 'query') lone.hear(...['p', 'q', 'r'].map((from) => answerTo(message, from)));
  }
}

function answerTo({ lamportTime, id }: QueryMessage, from: string) {
  const versions = { protocolMin: 1, protocolMax: 5, protocolCurrent: 2, delegateMin: 2, delegateMax: 5 };
  const member = {
    name: 'a',
    addr: Uint8Array.of(10, 0, 0, 44),
    port: 7946,
    status: 1,
    tags: new Map<string, string>(),
  };
  const payload = encodeSerfMessage({
    type: 'conflictResponse',
    member: { ...versions, delegateCurrent: 4, ...member },
  });
  return { type: 'queryResponse', lamportTime, id, from, flags: 0, payload } as const;
}

describe('a member that comes back, as one sees it', () => {
  it('is alive in the end, whatever was heard, doubled, lost, and in whatever order', () => {
    const names = Object.keys(NEWS);
    const heard = fc.array(fc.constantFrom(...names), { maxLength: 14 });
    fc.assert(
      fc.property(heard, fc.boolean(), (order, isKnown) => {
        const lone = new LoneSerf();
        lone.meet('p', 'q', 'r');
        if (isKnown) lone.hearPacket(aliveOf('a', 9));
        for (const name of order) NEWS[name]!(lone);
        // At the latest an exchange of tables brings what SWIM knows, and the time of its intent.
        NEWS['dead']!(lone);
        NEWS['alive']!(lone);
        NEWS['settled']!(lone);
        lone.take();
        for (let passedMs = 0; passedMs < EXCHANGES_MS + 6000; passedMs += 1000) {
          lone.run(1000);
          answerVotes(lone);
        }
        expect(lone.serf.member('a')).toMatchObject({ status: 'alive', address: { ip: '10.0.0.44' } });
      }),
      { numRuns: 1000 },
    );
  });

  it('is never leaving for who knows it and hears no intent to leave but its own, told before it came back', () => {
    const names = Object.keys(NEWS).filter((name) => !['leave', 'dead'].includes(name));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { maxLength: 14 }), (order) => {
        const lone = new LoneSerf();
        lone.meet('p', 'q', 'r');
        lone.hearPacket(aliveOf('a', 9));
        NEWS['leave']!(lone);
        NEWS['dead']!(lone);
        for (const name of order) {
          NEWS[name]!(lone);
          expect(lone.serf.member('a')?.status).toBe(
            lone.serf.member('a')?.address.ip === '10.0.0.44' ? 'alive' : 'left',
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('a peer that holds it as left is not told so by who heard its intent to come back', () => {
    const lone = new LoneSerf();
    lone.hearPacket(aliveOf('a', 9));
    NEWS['leave']!(lone);
    NEWS['dead']!(lone);
    expect(lone.state().leftMembers).toEqual(['a']);
    NEWS['joinAgain']!(lone);
    expect(lone.state().leftMembers).toEqual([]);
    expect(lone.state().statusLamportTimes.get('a')).toBe(RETURN_AT);
    // It did not come after all.
    lone.run(61_000);
    expect(lone.state().leftMembers).toEqual(['a']);
  });
});
