import type { Message } from '../../core/index.ts';
import type { PartitionShape } from './plan.ts';
import type { SimServer } from './server.ts';
import { Label, type World } from './world.ts';

/** More than there are ever servers in a run. */
const SLOTS = 64;

/** Links between servers: they lose, double, delay and reorder messages, clog, and are cut. */
export class SimNetwork {
  readonly #world: World;
  /** Cuts in force, each a set of directed links. */
  readonly #cuts = new Set<ReadonlySet<number>>();
  /** Links that let nothing through until a time. */
  readonly #clogged = new Map<number, number>();
  /** Latest arrival on a link, for links that keep order. */
  readonly #latest = new Map<number, number>();

  constructor(world: World) {
    this.#world = world;
  }

  readonly send = (from: SimServer, message: Message): void => {
    const world = this.#world;
    const { hash, networkRandom: random, plan, healed } = world;
    hash.add(world.typeNumber(message.type) * 0x1000 + message.entries.length);
    hash.add(message.index * 0x101 + message.term);
    const to = world.byId.get(message.to);
    if (to === undefined) {
      this.#lose(from, message);
      return;
    }
    const link = linkOf(from, to);
    if (this.#isCut(link)) {
      this.#lose(from, message);
      if (plan.network.reportsUnreachable && random.nextInt(4) === 0)
        from.call((core) => core.reportUnreachable(to.id));
      return;
    }
    if (!healed && random.nextInt(1000) < plan.network.lossPermille) {
      world.mark('message lost');
      this.#lose(from, message);
      return;
    }
    this.#transport(from, to, link, message);
    // A transport repeats no requests of its own: clients would see them twice.
    if (healed || message.type === 'Prop' || message.type === 'Snap') return;
    if (random.nextInt(1000) >= plan.network.duplicatePermille) return;
    world.mark('message doubled');
    this.#transport(from, to, link, message);
  };

  /** Cuts links for a while. */
  cut(shape: PartitionShape, pick: number, length: number): void {
    const world = this.#world;
    const { servers } = world;
    const leader = servers.find(({ up, core }) => up && core.internals.role === 'leader') ?? servers[0]!;
    const blocked = blockedBy(shape, pick, servers.length, leader.slot, world.plan.voters);
    const links = new Set<number>();
    for (const a of servers) for (const b of servers) if (a !== b && blocked(a.slot, b.slot)) links.add(linkOf(a, b));
    world.mark(`partition ${shape}`);
    this.#cuts.add(links);
    world.after(length, Label.script, () => this.#cuts.delete(links));
  }

  /** One direction of one link delivers nothing for a while, then everything. */
  clog(from: SimServer, to: SimServer, length: number): void {
    this.#world.mark('clog');
    this.#clogged.set(linkOf(from, to), this.#world.time + length);
  }

  heal(): void {
    this.#cuts.clear();
    this.#clogged.clear();
  }

  #isCut(link: number): boolean {
    for (const links of this.#cuts) if (links.has(link)) return true;
    return false;
  }

  #transport(from: SimServer, to: SimServer, link: number, message: Message): void {
    const world = this.#world;
    const { networkRandom: random, healed } = world;
    const { plan } = world;
    const { network } = plan;
    const jitter = healed ? Math.min(network.jitter, 20) : network.jitter;
    let delay = (healed ? Math.min(network.delay, 20) : network.delay) + random.nextInt(jitter);
    if (!healed && random.nextInt(8) === 0) delay += random.nextInt(8 * jitter);
    if (message.type === 'Snap') {
      this.#stream(from, to, message, delay + random.nextInt(healed ? 50 : network.snapshotDelay));
      return;
    }
    const clogged = this.#clogged.get(link) ?? 0;
    let arrival = Math.max(world.time + delay, clogged);
    const latest = this.#latest.get(link) ?? 0;
    if (arrival < latest) {
      if (network.reorder && !healed) world.mark('message overtaken');
      else arrival = latest;
    }
    if (arrival > latest) this.#latest.set(link, arrival);
    world.after(arrival - world.time, Label.deliver, () => this.#deliver(to, link, message));
  }

  #deliver(to: SimServer, link: number, message: Message): void {
    if (!to.up || this.#isCut(link)) return;
    if (to.stalled) to.later(0, Label.deliver, () => to.receive(message, undefined));
    else to.receive(message, undefined);
  }

  /** A snapshot travels apart, takes its time, and may break off. The sender learns what became of it. */
  #stream(from: SimServer, to: SimServer, message: Message, delay: number): void {
    const world = this.#world;
    const { networkRandom: random, plan, healed } = world;
    const state = from.log.snapshot?.meta.index === message.snapshot?.index ? from.log.snapshot?.state : undefined;
    const breaks = state === undefined || (!healed && random.nextInt(1000) < plan.network.snapshotLossPermille);
    const link = linkOf(from, to);
    world.after(delay, Label.deliver, () => {
      if (breaks || !to.up || this.#isCut(link)) {
        world.mark('snapshot broken off');
        this.#report(from, to, false);
        return;
      }
      to.later(0, Label.deliver, () => to.receive(message, state));
      this.#report(from, to, true);
    });
  }

  #report(from: SimServer, to: SimServer, ok: boolean): void {
    if (!from.up) return;
    const delay = 1 + this.#world.networkRandom.nextInt(50);
    from.later(delay, Label.report, () => void from.call((core) => core.reportSnapshot(to.id, ok)));
  }

  #lose(from: SimServer, message: Message): void {
    if (message.type !== 'Snap') return;
    const { to } = message;
    from.later(1, Label.report, () => void from.call((core) => core.reportSnapshot(to, false)));
  }
}

function linkOf(from: SimServer, to: SimServer): number {
  return from.slot * SLOTS + to.slot;
}

/** Which directed links a partition cuts, by slots. */
function blockedBy(
  shape: PartitionShape,
  pick: number,
  count: number,
  leader: number,
  founders: number,
): (from: number, to: number) => boolean {
  const chosen = pick % count;
  const side = (slot: number): boolean => ((pick >> (slot % 6)) & 1) === 1;
  switch (shape) {
    case 'isolate':
      return (from, to) => from === chosen || to === chosen;
    case 'split':
      return (from, to) => side(from) !== side(to);
    case 'oneWay':
      return (from, to) => side(from) && !side(to);
    case 'ring':
      return (from, to) => (from + 1) % count !== to && (to + 1) % count !== from;
    case 'bridge':
      return (from, to) => from !== chosen && to !== chosen && side(from) !== side(to);
    case 'isolateLeader':
      return (from, to) => from === leader || to === leader;
    case 'leaderMinority': {
      const inside = (slot: number): boolean => (slot - leader + count) % count < Math.floor((count - 1) / 2);
      return (from, to) => inside(from) !== inside(to);
    }
    case 'halves':
      return (from, to) => from < founders !== to < founders;
    case 'halvesWithoutLeader':
      return (from, to) => from === leader || to === leader || from < founders !== to < founders;
    case 'leaderOutbound':
    default:
      return (from) => from === leader;
  }
}
