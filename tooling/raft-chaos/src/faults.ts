import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@dkron/runtime';
import type { Cluster } from './cluster.ts';
import type { KvProcess } from './kv-process.ts';

const DOWN_MS_MAX = 3_000;
const PAUSED_MS = { least: 1_000, most: 5_000 };
const CUT_MS = { least: 500, most: 6_000 };
const CALM_MS = { least: 500, most: 4_000 };

export interface FaultModules {
  readonly cluster: Cluster;
  readonly random: Random;
  /** How often each kind was done. */
  readonly counts: Map<string, number>;
}

/** Kills, pauses and cuts by chance. Processes and network suffer independently, so faults overlap. */
export class Faults {
  readonly #modules: FaultModules;

  constructor(modules: FaultModules) {
    this.#modules = modules;
  }

  /** Until aborted; then everything runs and is connected again. */
  async run(signal: AbortSignal): Promise<void> {
    const { cluster, random } = this.#modules;
    const loops = [this.#loop(random.fork('processes'), signal, (own) => this.#processFault(own, signal))];
    if (cluster.network.canCut) {
      loops.push(this.#loop(random.fork('network'), signal, (own) => this.#networkFault(own, signal)));
    }
    await Promise.all(loops);
  }

  async #loop(random: Random, signal: AbortSignal, fault: (random: Random) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await wait(between(random, CALM_MS), signal);
      if (!signal.aborted) await fault(random);
    }
  }

  async #processFault(random: Random, signal: AbortSignal): Promise<void> {
    const { servers } = this.#modules.cluster;
    const victim = await this.#victim(random);
    const dice = random.nextInt(10);
    if (dice < 5) {
      this.#count('kill -9');
      await victim.kill();
      await wait(random.nextInt(DOWN_MS_MAX), signal);
      await victim.start();
    } else if (dice < 9) {
      this.#count('pause');
      victim.pause();
      await wait(between(random, PAUSED_MS), signal);
      victim.resume();
    } else {
      this.#count('kill -9 of all');
      await Promise.all(servers.map((server) => server.kill()));
      await Promise.all(servers.map((server) => server.start()));
    }
  }

  async #networkFault(random: Random, signal: AbortSignal): Promise<void> {
    const { network } = this.#modules.cluster;
    const [kind, cuts] = this.#drawCuts(random, (await this.#victim(random)).id);
    this.#count(kind);
    for (const [from, to] of cuts) await network.cut(from, to);
    await wait(between(random, CUT_MS), signal);
    await network.heal();
  }

  #drawCuts(random: Random, victim: string): [kind: string, cuts: [from: string, to: string][]] {
    const ids = this.#modules.cluster.servers.map(({ id }) => id);
    const others = ids.filter((id) => id !== victim);
    const out = others.map((id): [string, string] => [victim, id]);
    const back = others.map((id): [string, string] => [id, victim]);
    const one = random.nextInt(others.length);
    switch (random.nextInt(6)) {
      case 0:
        return ['cut outbound', out];
      case 1:
        return ['cut inbound', back];
      case 2:
        return ['cut pair', [out[one]!, back[one]!]];
      case 3:
        return ['cut pair one way', [random.nextInt(2) === 0 ? out[one]! : back[one]!]];
      case 4: {
        const left = new Set(ids.filter(() => random.nextInt(2) === 0));
        const pairs = ids.flatMap((from) => ids.map((to): [string, string] => [from, to]));
        return ['split', pairs.filter(([from, to]) => left.has(from) !== left.has(to))];
      }
      default:
        return ['isolate', [...out, ...back]];
    }
  }

  /** The leader as often as anybody. */
  async #victim(random: Random): Promise<KvProcess> {
    const { cluster } = this.#modules;
    const any = cluster.servers[random.nextInt(cluster.servers.length)]!;
    return random.nextInt(2) === 0 ? any : ((await cluster.leader()) ?? any);
  }

  #count(kind: string): void {
    const { counts } = this.#modules;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}

function between(random: Random, { least, most }: { readonly least: number; readonly most: number }): number {
  return least + random.nextInt(most - least);
}

/** Ends early, and quietly, when aborted. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
