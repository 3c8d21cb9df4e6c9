/* Members that come, go, die, return and talk at random, under loss and cuts: afterwards all hold the same of all. */
import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { SerfNetwork } from '../../testing/serf-network.ts';
import type { VirtualSerf } from '../../testing/virtual-serf.ts';

/** For long runs: GOSSIP_SERF_SEEDS=200. */
const SEEDS = Number(process.env['GOSSIP_SERF_SEEDS'] ?? 6);
const FIRST_SEED = Number(process.env['GOSSIP_SERF_FIRST_SEED'] ?? 1);
const MEMBERS = 8;
const STEPS = 40;
const payload = new Uint8Array(0);

type Fate = 'alive' | 'left' | 'failed';

/** A run of one seed. */
class Story {
  readonly network: SerfNetwork;
  readonly random: Random;
  readonly all: readonly VirtualSerf[];
  readonly fates = new Map<VirtualSerf, Fate>();
  #events = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = new SerfNetwork({ seed, serf: { reconnectIntervalMs: 5000 } });
    this.all = this.network.populate(MEMBERS, { snapshot: { rejoinAfterLeave: true } });
    for (const member of this.all) this.fates.set(member, 'alive');
  }

  /** Something happens; `n0` stays, so that there always is a pool. */
  step(): void {
    const { network, random } = this;
    const member = this.all[1 + random.nextInt(MEMBERS - 1)]!;
    const fate = this.fates.get(member)!;
    switch (random.nextInt(8)) {
      case 0:
        if (fate === 'alive') this.#end(member, 'failed');
        break;
      case 1:
        if (fate === 'alive') this.#leave(member);
        break;
      case 2:
      case 3:
        if (fate !== 'alive') this.#return(member);
        break;
      case 4:
        member.do((serf, nowMs) => serf.setTags({ v: `${random.nextInt(1000)}` }, nowMs));
        break;
      case 5:
        member.do((serf, nowMs) => serf.userEvent(`event ${this.#events++}`, payload, false, nowMs));
        break;
      case 6:
        network.lossPpm = random.nextInt(3) * 100_000;
        network.duplicatePpm = random.nextInt(2) * 200_000;
        break;
      default:
        if (random.nextInt(2) === 0) network.heal();
        else network.partition(({ name }) => Number(name.slice(1)) % 2);
    }
    network.run(random.nextInt(15_000));
  }

  settle(): void {
    this.network.heal();
    this.network.lossPpm = 0;
    // Who joined across a cut did not reach the pool, and tries again.
    for (const member of this.all) if (member.serf.member('n0') === undefined) this.network.join(member, this.all[0]!);
    this.network.run(400_000);
  }

  #leave(member: VirtualSerf): void {
    member.do((serf, nowMs) => serf.leave(nowMs));
    this.network.runUntil(() => member.serf.state === 'left', 20_000);
    this.#end(member, 'left');
  }

  #end(member: VirtualSerf, fate: Fate): void {
    member.kill();
    this.fates.set(member, fate);
  }

  #return(member: VirtualSerf): void {
    this.network.restart(member, { tags: { v: 'new' } });
    this.network.join(member, this.all[0]!);
    this.fates.set(member, 'alive');
  }
}

/** What observers hold against what is: `observer: member status`. */
function disagreements({ all, fates }: Story): string[] {
  const wrong: string[] = [];
  for (const observer of all) {
    if (!observer.running) continue;
    for (const member of all) {
      const seen = observer.serf.member(member.name);
      const fate = fates.get(member)!;
      // A goodbye under loss or across a cut may reach nobody: then it looks like a failure. Who came later knows of none.
      const isRight =
        fate === 'alive' ? seen?.status === 'alive' : seen?.status !== 'alive' && seen?.status !== 'leaving';
      if (!isRight) wrong.push(`${observer.name}: ${member.name} ${seen?.status}, is ${fate}`);
      else if (fate === 'alive' && seen!.tags['v'] !== member.serf.member(member.name)!.tags['v']) {
        wrong.push(`${observer.name}: ${member.name} with tags ${JSON.stringify(seen!.tags)}`);
      }
    }
  }
  return wrong;
}

describe('convergence', () => {
  it.each(Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i))(
    'seed %i',
    (seed) => {
      const story = new Story(seed);
      for (let i = 0; i < STEPS; i++) story.step();
      story.settle();
      expect(disagreements(story)).toEqual([]);
      for (const member of story.all) {
        const names = member.events('userEvent').map(({ name }) => name);
        expect(names.length, `${member.name} was told twice`).toBe(new Set(names).size);
      }
    },
    120_000,
  );
});
