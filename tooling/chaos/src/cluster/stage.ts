import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessCluster } from '@dkron/harness';
import { leaderNow, untilLed } from '@dkron/harness';
import type { Random } from '@dkron/runtime';
import type { Clocks } from './clocks.ts';
import type { SmallDisk } from './small-disk.ts';

const LED_MS = 120_000;

/** What faults are done to, and where they are told. */
export class Stage {
  readonly cluster: ProcessCluster;
  readonly random: Random;
  readonly clocks: Clocks | undefined;
  /** Of the last server. */
  readonly disk: SmallDisk | undefined;
  /** How often each kind was done. */
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #startMs = performance.now();

  constructor(modules: Pick<Stage, 'cluster' | 'random' | 'clocks' | 'disk'>) {
    this.cluster = modules.cluster;
    this.random = modules.random;
    this.clocks = modules.clocks;
    this.disk = modules.disk;
  }

  say(text: string): void {
    const at = ((performance.now() - this.#startMs) / 1_000).toFixed(1);
    process.stdout.write(`+${at} s  ${text}\n`);
  }

  /** Says what is done now, and counts it. */
  does(kind: string, details = ''): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.say(details === '' ? kind : `${kind}: ${details}`);
  }

  pick(names: readonly string[]): string {
    return names[this.random.nextInt(names.length)]!;
  }

  between(leastMs: number, mostMs: number): number {
    return leastMs + this.random.nextInt(mostMs - leastMs);
  }

  /** The leader; while there is none any server that runs. */
  async leader(): Promise<string> {
    return (await leaderNow(this.cluster)) ?? this.pick(this.cluster.names);
  }

  async follower(): Promise<string> {
    const leader = await this.leader();
    return this.pick(this.cluster.names.filter((name) => name !== leader));
  }

  async kill(name: string): Promise<void> {
    if (this.cluster.runs(name)) await this.cluster.kill(name);
  }

  async start(name: string): Promise<void> {
    if (!this.cluster.runs(name)) await this.cluster.launch(name);
  }

  /** A node that ended by itself is a violation; it is started again. */
  async reviveEnded(): Promise<void> {
    for (const name of this.cluster.nodes) {
      if (!this.cluster.runs(name) || !this.cluster.server(name).ended) continue;
      const { log } = this.cluster.server(name);
      const code = await this.cluster.ended(name);
      this.violations.push(`${name} ended by itself with ${code}\n${log.slice(-2_000)}`);
      await this.start(name);
    }
  }

  async untilWell(): Promise<string> {
    await this.reviveEnded();
    return await untilLed(this.cluster, LED_MS);
  }
}

/** Ends early, and quietly, when aborted. */
export async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
