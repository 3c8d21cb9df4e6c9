import { seededRandom } from '@dkron/runtime/testing';
import type { FoundingRecord } from '../../src/formation/record.ts';
import type { SeenServer } from '../../src/formation/types.ts';
import { Checks, majorityOf, Violation } from './checks.ts';
import { Events } from './events.ts';
import { clusterIdOf } from './folder.ts';
import { Network } from './network.ts';
import { drawPlan, type Fault, type Plan } from './plan.ts';
import { type Marks, SimServer, type World } from './server.ts';

export interface Outcome {
  readonly plan: Plan;
  readonly marks: Marks;
  readonly founded: number;
  /** When the last server became a member; undefined when some did not. */
  readonly formedMs: number | undefined;
}

const GOSSIP_MS = 150;
const RAFT_MS = 200;

/** Runs one seed. @throws Violation naming the invariant */
export function simulate(seed: number): Outcome {
  const random = seededRandom(seed);
  const plan = drawPlan(seed, random.fork('plan'));
  return new Simulation(plan, random).run();
}

class Simulation {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #servers: readonly SimServer[];
  readonly #events = new Events();
  readonly #checks = new Checks();
  readonly #marks: Marks = {};
  readonly #views = new Map<string, Map<string, SeenServer>>();
  #formedMs: number | undefined;

  constructor(plan: Plan, random: ReturnType<typeof seededRandom>) {
    this.#plan = plan;
    const server = (name: string): SimServer | undefined => this.#servers.find((known) => known.name === name);
    const network = new Network(plan, { events: this.#events, random: random.fork('network'), server });
    const { syncMs } = plan;
    const events = this.#events;
    const checks = this.#checks;
    this.#world = { events, checks, network, server, syncMs, random: random.fork('servers'), marks: this.#marks };
    this.#servers = plan.servers.map((each) => new SimServer(each, this.#world));
  }

  run(): Outcome {
    const plan = this.#plan;
    for (const server of this.#servers) this.#events.after(server.plan.startMs, () => server.start());
    for (const fault of plan.faults) this.#events.after(fault.atMs, () => this.#inject(fault));
    this.#events.after(plan.healMs, () => this.#heal());
    this.#gossip();
    this.#raft();
    // Once all are members, nothing is left to happen.
    for (
      let untilMs = plan.healMs + 1000;
      this.#formedMs === undefined || untilMs < plan.healMs + 3000;
      untilMs += 1000
    ) {
      this.#events.run(Math.min(untilMs, plan.endMs));
      if (untilMs >= plan.endMs) break;
    }
    this.#checkEnd();
    return { plan, marks: this.#marks, founded: this.#checks.founded.size, formedMs: this.#formedMs };
  }

  #inject(fault: Fault): void {
    if (fault.kind === 'cut') {
      const [from, to] = [this.#servers[fault.from]!, this.#servers[fault.to]!];
      this.#world.network.cut(from.name, to.name, fault.forMs);
      if (fault.both) this.#world.network.cut(to.name, from.name, fault.forMs);
      return;
    }
    const server = this.#servers[fault.server]!;
    if (!server.up) return;
    this.#views.delete(server.name);
    if (fault.kind === 'crash') server.crash();
    else server.rebuild();
    const { downs } = server;
    this.#events.after(fault.downMs, () => {
      if (server.downs === downs) server.start();
    });
  }

  #heal(): void {
    this.#world.network.heal();
    for (const server of this.#servers) server.start();
  }

  /** Each server's view of each other one follows the truth after a while. */
  #gossip(): void {
    const { healMs } = this.#plan;
    const { random, network } = this.#world;
    this.#servers.forEach((server) => {
      if (!server.up) return void this.#views.delete(server.name);
      const view = this.#views.get(server.name) ?? new Map<string, SeenServer>();
      this.#views.set(server.name, view);
      const before = view.size;
      let changed = false;
      this.#servers.forEach((other, otherIndex) => {
        const healed = this.#events.nowMs >= healMs && this.#plan.profile !== 'calm';
        const { name } = other;
        if (other === server || (!healed && this.#events.nowMs < server.plan.seesFromMs[otherIndex]!)) return;
        if (this.#plan.profile !== 'calm' && random.nextInt(3) !== 0) return;
        const reachable = other.up && !network.isCut(server.name, name) && !network.isCut(name, server.name);
        const status = reachable ? 'alive' : 'gone';
        if (!view.has(name) && !reachable) return;
        // Failures are noticed late, lives at once.
        if (status === 'gone' && random.nextInt(8) !== 0) return;
        changed ||= view.get(name)?.status !== status;
        view.set(name, { name, address: name, status });
      });
      if (changed || view.size !== before) server.sees([...view.values()]);
    });
    this.#events.after(GOSSIP_MS, () => this.#gossip());
  }

  /** What raft does of interest here: members call their fellow voters, a leader calls who is fresh. */
  #raft(): void {
    for (const server of this.#servers) {
      const { log, clusterId } = server.folder;
      if (!server.up || log === undefined) continue;
      for (const { id, birth } of log.members) this.#handshake(server, id, clusterId, birth);
      if (this.#leads(server, log)) this.#callFresh(server, log);
    }
    this.#note();
    this.#events.after(RAFT_MS, () => this.#raft());
  }

  #handshake(from: SimServer, to: string, clusterId: string, birth: string): void {
    if (to === from.name) return;
    const target = this.#world.server(to);
    this.#world.network.send(from.name, to, () => target?.handshake(clusterId, birth));
  }

  /** The first by name of a majority of members that hear it. */
  #leads(server: SimServer, log: FoundingRecord): boolean {
    if (log.members.every(({ id, birth }) => id !== server.name || birth !== server.folder.birth)) return false;
    const id = clusterIdOf(log);
    const voters = log.members
      .map((member) => ({ member, voter: this.#world.server(member.id)! }))
      .filter(({ member, voter }) => voter.up && voter.folder.birth === member.birth && voter.folder.clusterId === id)
      .map(({ voter }) => voter)
      .filter((voter) => voter === server || this.#connected(server, voter));
    return voters.length >= majorityOf(log);
  }

  #connected(a: SimServer, b: SimServer): boolean {
    return !this.#world.network.isCut(a.name, b.name) && !this.#world.network.isCut(b.name, a.name);
  }

  #callFresh(leader: SimServer, log: FoundingRecord): void {
    const id = clusterIdOf(log);
    const view = this.#views.get(leader.name);
    for (const other of this.#servers) {
      if (other === leader || !other.up || !this.#connected(leader, other)) continue;
      if (other.folder.clusterId === id) other.replicated(log);
      const named = log.members.some((member) => member.id === other.name);
      const description = other.describe();
      if (named || view?.get(other.name)?.status !== 'alive' || description?.state !== 'fresh') continue;
      this.#handshake(leader, other.name, id, description.birth);
    }
  }

  #note(): void {
    const all = this.#servers.every(({ up, folder }) => up && folder.clusterId !== '');
    if (all) this.#formedMs ??= this.#events.nowMs;
    else this.#formedMs = undefined;
  }

  #checkEnd(): void {
    const plan = this.#plan;
    if (this.#servers.some((server) => server.plan.expect !== plan.expect)) return;
    const records = [...this.#checks.founded];
    const living = records.filter(([, record]) => this.#surviving(record).length >= majorityOf(record));
    for (const [id, record] of living) {
      for (const { name, folder, status } of this.#surviving(record))
        if (folder.clusterId !== id) throw new Violation('Liveness', `${name} is no member of ${id} but ${status}`);
    }
    const outside = this.#servers.filter(({ folder }) => folder.clusterId === '');
    const lost = (name: string): boolean => living.some(([, { members }]) => members.some(({ id }) => id === name));
    const stuck = outside.find(({ name }) => !lost(name));
    if (living.length > 0 && stuck !== undefined) {
      throw new Violation('Liveness', `${stuck.name} is not added but ${stuck.status}`);
    }
    const nobody = outside.length === this.#servers.length;
    if (nobody) {
      const all = this.#servers.map((server) => `${server.name} ${server.status}`);
      throw new Violation('Liveness', `nobody is a member: ${all.join('; ')}`);
    }
    if (plan.profile === 'calm' && records.length !== 1) {
      throw new Violation('CalmOne', `${records.length} clusters were founded in calm weather`);
    }
    if (plan.profile === 'calm' && (this.#formedMs ?? Infinity) > 3000) {
      throw new Violation('CalmSoon', `the cluster was formed after ${this.#formedMs} ms`);
    }
  }

  #surviving(record: FoundingRecord): SimServer[] {
    return record.members.flatMap(({ id, birth }) => {
      const server = this.#world.server(id)!;
      return server.folder.birth === birth ? [server] : [];
    });
  }
}
