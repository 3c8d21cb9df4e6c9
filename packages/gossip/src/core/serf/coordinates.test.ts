import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { SerfNetwork } from '../../testing/serf-network.ts';
import { resolveTuning } from '../swim/options.ts';
import { decodeCoordinate, encodeCoordinate } from '../wire/coordinate.ts';
import { distance, isPlace, ORIGIN, type Place, Vivaldi } from './vivaldi.ts';

const at = (x: number, more: Partial<Place> = {}): Place => ({ ...ORIGIN, vec: [x, 0, 0, 0, 0, 0, 0, 0], ...more });

/** Mean and greatest relative error, and the places, after everybody measured others at random for `rounds`. */
function simulate(
  truth: readonly (readonly number[])[],
  rounds: number,
): { mean: number; greatest: number; places: Place[] } {
  const random = seededRandom(5);
  const clients = truth.map((_, i) => new Vivaldi(random.fork(`${i}`)));
  for (let round = 0; round < rounds; round++) {
    for (const [i, client] of clients.entries()) {
      const j = random.nextInt(clients.length);
      if (j !== i) client.update(`${j}`, clients[j]!.place, truth[i]![j]!);
    }
  }
  let sum = 0;
  let greatest = 0;
  let count = 0;
  for (const [i, row] of truth.entries()) {
    for (const [j, rtt] of row.entries()) {
      if (i === j) continue;
      const error = Math.abs(distance(clients[i]!.place, clients[j]!.place) - rtt) / rtt;
      sum += error;
      greatest = Math.max(greatest, error);
      count++;
    }
  }
  return { mean: sum / count, greatest, places: clients.map(({ place }) => place) };
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe('Vivaldi', () => {
  it('Distance: vectors, heights, and adjustments as long as the sum is positive', () => {
    expect(distance(at(0, { height: 0 }), at(3, { height: 0 }))).toBe(3);
    expect(distance(at(0, { height: 1 }), at(3, { height: 0.5 }))).toBe(4.5);
    expect(distance(at(0, { height: 0, adjustment: -1 }), at(3, { height: 0, adjustment: -1.5 }))).toBe(0.5);
    expect(distance(at(0, { height: 0, adjustment: -2 }), at(3, { height: 0, adjustment: -2 }))).toBe(3);
  });

  it('Update: a longer round trip than estimated drives apart, and confidence grows with good estimates', () => {
    const client = new Vivaldi(seededRandom(1));
    expect(client.update('a', at(1e-3), 0.5)).toBeUndefined();
    expect(client.place.vec[0]).toBeLessThan(0);
    for (let i = 0; i < 200; i++) client.update('a', at(0.1, { error: 0.1 }), 0.1);
    expect(client.place.error).toBeLessThan(0.3);
    expect(distance(client.place, at(0.1))).toBeCloseTo(0.1, 2);
  });

  it('NaN_Defense: numbers that are none, other dimensions and odd round trips change nothing', () => {
    const client = new Vivaldi(seededRandom(1));
    client.update('a', at(0.1), 0.1);
    const before = client.place;
    const bad = [
      at(Number.NaN),
      at(Infinity),
      at(0, { height: Number.NaN }),
      { ...ORIGIN, vec: [0, 0] },
      { ...ORIGIN, vec: null },
    ];
    for (const one of bad) expect(client.update('a', one, 0.1)).toMatch(/numbers/);
    for (const rtt of [-0.1, 10.1, Number.NaN]) expect(client.update('a', at(0.1), rtt)).toMatch(/round trip/);
    expect(client.place).toBe(before);
  });

  it('numbers that run away begin anew', () => {
    const client = new Vivaldi(seededRandom(1));
    for (let i = 0; i < 5; i++) client.update('a', at(Number.MAX_VALUE), 0.1);
    expect(client.resets).toBeGreaterThan(0);
    expect(isPlace(client.place)).toBe(true);
  });

  it('latencyFilter: one hiccup among three measurements counts for nothing', () => {
    const steady = new Vivaldi(seededRandom(1));
    const hiccup = new Vivaldi(seededRandom(1));
    for (let i = 0; i < 10; i++) {
      steady.update('a', at(0.1), 0.1);
      hiccup.update('a', at(0.1), i === 5 ? 5 : 0.1);
    }
    expect(hiccup.place).toEqual(steady.place);
    steady.forget('a');
    steady.update('a', at(0.1), 5);
    expect(steady.place).not.toEqual(hiccup.place);
  });

  it('Line, Grid: places are found to within some percent', () => {
    const line = range(10).map((i) => range(10).map((j) => Math.abs(i - j) * 0.01));
    expect(simulate(line, 1000).mean).toBeLessThan(0.01);
    const grid = range(25).map((i) => {
      return range(25).map((j) => Math.hypot((i % 5) - (j % 5), Math.floor(i / 5) - Math.floor(j / 5)) * 0.01);
    });
    expect(simulate(grid, 1000).mean).toBeLessThan(0.01);
  });

  it('Split: two sites, near within and far between', () => {
    const split = range(25).map((i) => range(25).map((j) => (i % 2 === j % 2 ? 0.001 : 0.011)));
    const { mean } = simulate(split, 1000);
    expect(mean).toBeLessThan(0.05);
  });

  it('Height: who is equally far from all on a circle finds a place outside of its plane', () => {
    const radius = 0.1;
    const around = (i: number, j: number): number => 2 * radius * Math.abs(Math.sin((Math.PI * (i - j)) / 24));
    const circle = range(25).map((i) => range(25).map((j) => (i === 0 || j === 0 ? 2 * radius : around(i, j))));
    expect(simulate(circle, 2000).mean).toBeLessThan(0.005);
  });

  it('Height: it grows with what an estimate lacks, shrinks with what it has too much, and never vanishes', () => {
    const client = new Vivaldi(seededRandom(1));
    client.update('a', at(0.1, { height: 0.01, error: 1.5 }), 0.5);
    // A quarter of half of the 0.39 s that are missing, shared out by height over distance.
    const force = 0.25 * 0.5 * (0.5 - (0.1 + 0.01 + ORIGIN.height));
    expect(client.place.height).toBeCloseTo(((0.01 + ORIGIN.height) * force) / 0.1 + ORIGIN.height, 6);
    for (let i = 0; i < 10; i++) client.update('b', at(0.1, { height: 0.01 }), 0);
    expect(client.place.height).toBe(ORIGIN.height);
  });

  it('Drift: gravity keeps a pool that sees only itself near the origin', () => {
    const far = range(4).map((i) => range(4).map((j) => (i % 2 === j % 2 ? 0.0005 : 0.5)));
    const { places } = simulate(far, 20_000);
    const middle = range(8).map((axis) => places.reduce((sum, { vec }) => sum + vec[axis]!, 0) / places.length);
    expect(Math.hypot(...middle)).toBeLessThan(0.5);
  });

  it('Random: where no places fit, the estimate is of use still', () => {
    const random = seededRandom(9);
    const rtts = range(25).map(() => range(25).map(() => (random.nextInt(1000) + 1) * 0.0001));
    const symmetric = rtts.map((row, i) => row.map((rtt, j) => (i < j ? rtt : rtts[j]![i]!)));
    const { mean } = simulate(symmetric, 1000);
    expect(mean).toBeGreaterThan(0.1);
    expect(mean).toBeLessThan(4);
  });
});

describe('Coordinates', () => {
  it('PingDelegateVersioning, PingDelegateRogueCoordinate: odd ones are told and not used', () => {
    const swim = resolveTuning('lan');
    const lone = new LoneSerf({ swim });
    lone.meet('a');
    const answer = (payload: Uint8Array | null): void => {
      for (let i = 0; i < 200; i++) {
        lone.run(10);
        for (const effect of lone.take()) {
          if (effect.type !== 'packet') continue;
          const [first] = effect.messages;
          if (first?.message.type !== 'ping') continue;
          lone.hearPacket({ type: 'ack', seqNo: first.message.seqNo, payload });
          return;
        }
      }
      throw new Error('no ping');
    };
    const good = encodeCoordinate(at(0.1));
    for (const payload of [
      Uint8Array.of(2, ...good.slice(1)),
      encodeCoordinate(at(Number.NaN)),
      Uint8Array.of(1, 0xc1),
    ]) {
      answer(payload);
      expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'coordinate', subject: 'a' }]);
      expect(lone.serf.coordinate('a')).toBeUndefined();
    }
    answer(null);
    expect(lone.takeOnly('serfNotice')).toEqual([]);
    const ours = (): unknown => {
      lone.take();
      lone.hearPacket({ type: 'ping', node: 'me', seqNo: 1 });
      const message = lone.takeOnly('packet')[0]!.messages[0]!.message;
      return message.type === 'ack' && message.payload !== null ? decodeCoordinate(message.payload) : undefined;
    };
    expect(ours()).toEqual(lone.serf.coordinate('me'));
    answer(good);
    expect(ours()).toEqual(lone.serf.coordinate('me'));
    expect(lone.serf.coordinate('me')).not.toEqual(ORIGIN);
    expect(lone.serf.coordinate('a')).toMatchObject({ vec: at(0.1).vec });
    expect(lone.serf.rttMs('a')).toBeGreaterThan(0);
    expect(lone.serf.rttMs('b')).toBeUndefined();
    lone.hearPacket({ type: 'dead', node: 'a', from: 'x', incarnation: 1 });
    lone.do((serf, nowMs) => serf.removeFailed('a', true, nowMs));
    expect(lone.serf.coordinate('a')).toBeUndefined();
  });

  it('a pool learns its round trips', () => {
    const network = new SerfNetwork({ seed: 71, delayMs: [20, 20] });
    const all = network.populate(5);
    network.run(300_000);
    for (const { name, serf } of all) {
      for (const other of all) {
        if (other.name !== name) expect(Math.abs(serf.rttMs(other.name)! - 40)).toBeLessThan(8);
      }
    }
    const off = new LoneSerf({ serf: { coordinates: false } });
    off.hearPacket({ type: 'ping', node: 'me', seqNo: 1 });
    const [ack] = off.takeOnly('packet').map(({ messages }) => messages[0]!.message);
    expect(ack).toMatchObject({ type: 'ack', payload: null });
  });
});
