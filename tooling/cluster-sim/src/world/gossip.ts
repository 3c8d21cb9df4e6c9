import type { GossipEvents, GossipNode, JoinResult, Member, Unsubscribe } from '@dkron/gossip';
import { OUR_VERSIONS } from '@dkron/gossip';
import type { Random } from '@dkron/runtime';
import type { Endpoint, Fabric } from './fabric.ts';
import type { NodeTime } from './node-time.ts';

const ROUND_MS = 250;
/** Rounds of silence after which a member is held for failed: the least, and what is drawn on top. */
const SUSPECT_ROUNDS = 8;
const SUSPECT_JITTER = 12;
const GOSSIP_PORT = 8946;

type Change = GossipEvents['memberChange']['change'];
type Listener = (event: GossipEvents['memberChange']) => void;

interface Seen {
  member: Member;
  /** Number of the announcement that this was learnt from. */
  version: number;
  silentRounds: number;
  readonly patience: number;
  gone: number;
}

/** The pool as gossip would show it: each member's view of each other one follows the truth after a while. */
export class Gossip {
  readonly #fabric: Fabric;
  readonly #random: Random;
  readonly #reapRounds: number;
  readonly #pools = new Map<string, SimPool>();
  #versions = 0;

  constructor(reapMs: number, modules: { readonly fabric: Fabric; readonly random: Random }) {
    this.#fabric = modules.fabric;
    this.#random = modules.random;
    this.#reapRounds = Math.ceil(reapMs / ROUND_MS);
    this.#later();
  }

  /** The member of one process. */
  start(machine: Endpoint, process: NodeTime, tags: Readonly<Record<string, string>>): SimPool {
    const pool = new SimPool(machine, process, { tags, version: ++this.#versions, gossip: this });
    this.#pools.set(machine.name, pool);
    return pool;
  }

  announce(): number {
    return ++this.#versions;
  }

  /** A member of the pool by its name, as name service would find it. */
  find(target: string): SimPool | undefined {
    return this.#pools.get(target);
  }

  reaches(from: Endpoint, to: SimPool): boolean {
    return to.active && this.#fabric.connected(from.name, to.machine.name);
  }

  patience(): number {
    return SUSPECT_ROUNDS + this.#random.nextInt(SUSPECT_JITTER);
  }

  #later(): void {
    this.#fabric.time.after(ROUND_MS, () => {
      this.#round();
      this.#later();
    });
  }

  #round(): void {
    const active = [...this.#pools.values()].filter((pool) => pool.active);
    const groups = this.#groups(active);
    for (const pool of active) this.#look(pool, groups.get(pool)!);
  }

  /** Who hears of whom, over others if need be. */
  #groups(active: readonly SimPool[]): Map<SimPool, readonly SimPool[]> {
    const groups = new Map<SimPool, SimPool[]>(active.map((pool) => [pool, [pool]]));
    for (const [i, a] of active.entries()) {
      for (const b of active.slice(i + 1)) {
        const [left, right] = [groups.get(a)!, groups.get(b)!];
        if (left === right || !(a.knows(b) || b.knows(a))) continue;
        if (!this.#fabric.connected(a.machine.name, b.machine.name)) continue;
        left.push(...right);
        for (const each of right) groups.set(each, left);
      }
    }
    return groups;
  }

  #look(pool: SimPool, group: readonly SimPool[]): void {
    for (const other of group) if (other !== pool && this.#random.nextInt(2) === 0) pool.hear(other);
    const heard = new Set(group.map(({ machine }) => machine.name));
    pool.age((name) => heard.has(name), this.#reapRounds);
  }
}

interface PoolModules {
  readonly tags: Readonly<Record<string, string>>;
  readonly version: number;
  readonly gossip: Gossip;
}

/** What a node sees of gossip. */
export class SimPool implements Pick<GossipNode, 'members' | 'member' | 'join' | 'setTags'> {
  readonly machine: Endpoint;
  readonly process: NodeTime;
  readonly #ip: string;
  readonly #gossip: Gossip;
  readonly #view = new Map<string, Seen>();
  readonly #listeners = new Set<Listener>();
  #tags: Readonly<Record<string, string>>;
  #version: number;
  #left = false;

  constructor(machine: Endpoint, process: NodeTime, { tags, version, gossip }: PoolModules) {
    this.machine = machine;
    this.process = process;
    this.#ip = machine.ip;
    this.#tags = tags;
    this.#version = version;
    this.#gossip = gossip;
  }

  /** Speaks and answers. */
  get active(): boolean {
    return this.process.alive && !this.process.stalled && !this.machine.dark;
  }

  members(): readonly Member[] {
    return [this.#self(), ...[...this.#view.values()].map(({ member }) => member)];
  }

  member(name: string): Member | undefined {
    return name === this.machine.name ? this.#self() : this.#view.get(name)?.member;
  }

  on<K extends keyof GossipEvents>(name: K, listener: (event: GossipEvents[K]) => void): Unsubscribe {
    if (name !== 'memberChange') return () => undefined;
    this.#listeners.add(listener as Listener);
    return () => void this.#listeners.delete(listener as Listener);
  }

  async join(targets: readonly string[]): Promise<JoinResult> {
    await this.process.sleep(20);
    const failures: { address: string; reason: string }[] = [];
    let contacted = 0;
    for (const target of targets) {
      const other = this.#gossip.find(target);
      if (other === undefined || (other !== this && !this.#gossip.reaches(this.machine, other))) {
        failures.push({ address: target, reason: 'no answer' });
        continue;
      }
      contacted += 1;
      if (other === this) continue;
      this.hear(other);
      other.hear(this);
    }
    if (contacted === 0) throw new Error(`nobody answers: ${targets.join(', ')}`);
    return { contacted, failures } as unknown as JoinResult;
  }

  setTags(tags: Readonly<Record<string, string>>): Promise<boolean> {
    this.#tags = tags;
    this.#version = this.#gossip.announce();
    return Promise.resolve(true);
  }

  /** Says goodbye. */
  leave(): void {
    this.#left = true;
    this.#version = this.#gossip.announce();
  }

  knows(other: SimPool): boolean {
    const seen = this.#view.get(other.machine.name);
    return seen !== undefined && seen.member.address.ip === other.#ip;
  }

  /** What the other one says of itself arrives. */
  hear(other: SimPool): void {
    const { name } = other.machine;
    const seen = this.#view.get(name);
    if (seen === undefined) {
      if (other.#left) return;
      const member = other.#self();
      this.#view.set(name, {
        member,
        version: other.#version,
        silentRounds: 0,
        patience: this.#gossip.patience(),
        gone: 0,
      });
      return this.#tell('join', member);
    }
    seen.silentRounds = 0;
    const back = seen.member.status !== 'alive' && !other.#left;
    if (!back && seen.version === other.#version) return;
    seen.version = other.#version;
    seen.member = other.#self();
    seen.gone = 0;
    this.#tell(other.#left ? 'leave' : back ? 'join' : 'update', seen.member);
  }

  /** One round without those that are not heard. */
  age(heard: (name: string) => boolean, reapRounds: number): void {
    for (const [name, seen] of this.#view) {
      if (seen.member.status === 'alive') {
        seen.silentRounds = heard(name) ? 0 : seen.silentRounds + 1;
        if (seen.silentRounds < seen.patience) continue;
        seen.member = { ...seen.member, status: 'failed' };
        this.#tell('failed', seen.member);
      } else if (++seen.gone > reapRounds) {
        this.#view.delete(name);
        this.#tell('reap', seen.member);
      }
    }
  }

  #self(): Member {
    const { name } = this.machine;
    const status = this.#left ? 'left' : 'alive';
    return { name, address: { ip: this.#ip, port: GOSSIP_PORT }, tags: this.#tags, status, versions: OUR_VERSIONS };
  }

  #tell(change: Change, member: Member): void {
    this.process.deliver(() => {
      for (const listener of this.#listeners) listener({ change, member });
    });
  }
}
