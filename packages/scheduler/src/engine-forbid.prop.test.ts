import type { ExecutionId } from '@dkron/jobs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimNode } from '../test/sim-node.ts';
import type { Real } from '../test/sim-node.ts';
import { definition, Harness, member } from '../test/harness.ts';

/**
 * Goal: whatever happens to nodes, links and leaders, scheduled runs of a job that forbids overlap never really run at
 * the same time, unless the ledger says that the hold has passed; and the job runs again once all is well.
 */
const NODES = ['n1', 'n2', 'n3'] as const;
const JOBS = ['often', 'retried'] as const;
const PING_MS = 3_000;
const HOLD_MS = 60_000;

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'finish'; readonly pick: number; readonly success: boolean }
  | { readonly do: 'cut' | 'mute' | 'heal' | 'crash' | 'wipe' | 'leave'; readonly node: number }
  | { readonly do: 'run' | 'cancel'; readonly pick: number }
  | { readonly do: 'failOver'; readonly ms: number };

const pick = fc.nat(20);
const node = fc.nat(NODES.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const), pick, success: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('cut' as const, 'mute' as const, 'heal' as const, 'heal' as const),
      node,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'wipe' as const, 'leave' as const), node }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('run' as const, 'cancel' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failOver' as const), ms: fc.integer({ min: 0, max: 5_000 }) }) },
);

/** The cluster, and what really runs. */
class World {
  readonly cluster: Harness;
  readonly nodes: readonly SimNode[];
  readonly violations: string[] = [];
  starts = 0;

  private constructor(cluster: Harness) {
    this.cluster = cluster;
    this.nodes = NODES.map((name) => new SimNode(name, cluster.time, (attempt) => this.#started(attempt)));
  }

  static async start(forbidHoldMs: number): Promise<World> {
    const world = new World(await Harness.start(NODES, { forbidHoldMs }));
    for (const name of JOBS) {
      const retries = name === 'retried' ? 2 : 0;
      await world.cluster.put(
        definition(name, '@every 10s', { concurrency: 'forbid', retries, tags: { region: 'global:1' } }),
      );
    }
    for (const sim of world.nodes) await world.#heal(sim);
    return world;
  }

  async take(next: Step): Promise<void> {
    const { cluster } = this;
    switch (next.do) {
      case 'wait':
        return this.wait(next.ms);
      case 'finish': {
        const running = this.nodes.flatMap((sim) => sim.running.map(({ id }) => ({ sim, id })));
        const chosen = running[next.pick % Math.max(1, running.length)];
        return chosen?.sim.finish(chosen.id, next.success);
      }
      case 'run':
        await cluster.engine.runJob(JOBS[next.pick % JOBS.length]!, { trigger: 'manual' });
        return;
      case 'cancel': {
        const open = [...cluster.store.openExecutions()];
        const chosen = open[next.pick % Math.max(1, open.length)];
        if (chosen !== undefined) void cluster.engine.cancel(chosen.id).catch(() => {});
        return this.wait(1);
      }
      case 'failOver':
        await cluster.failOver(next.ms);
        for (const sim of this.nodes) if (!sim.deaf && !sim.mute) await this.#heal(sim);
        return;
      default:
        return this.#toNode(this.nodes[next.node]!, next.do);
    }
  }

  async #toNode(sim: SimNode, fault: 'cut' | 'mute' | 'heal' | 'crash' | 'wipe' | 'leave'): Promise<void> {
    if (fault === 'heal') return this.#heal(sim);
    if (fault === 'cut' || fault === 'mute') {
      sim.mute = true;
      sim.deaf = fault === 'cut';
      return;
    }
    // Whoever leaves ends what it runs; nobody hears of it.
    sim.crash(fault === 'wipe');
    sim.mute = true;
    if (fault === 'leave') this.#setStatus(sim, 'left');
  }

  async #heal(sim: SimNode): Promise<void> {
    sim.mute = false;
    sim.deaf = false;
    this.#setStatus(sim, 'alive');
    sim.connect(this.cluster.engine, this.cluster.log.currentTerm);
    await this.cluster.time.advance(1);
  }

  #setStatus({ name }: SimNode, status: 'alive' | 'left'): void {
    this.cluster.members = this.cluster.members.map((other) =>
      other.name === name ? { ...member(name), status } : other,
    );
  }

  async wait(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= PING_MS) {
      for (const sim of this.nodes) sim.ping();
      await this.cluster.time.advance(Math.min(left, PING_MS));
    }
  }

  /** Everybody can be reached, and every command ends soon. */
  async calm(): Promise<void> {
    for (const sim of this.nodes) await this.#heal(sim);
    for (let i = 0; i < 40; i++) {
      for (const sim of this.nodes) {
        if (!sim.connected) await this.#heal(sim);
        for (const { id } of sim.running) sim.finish(id, true);
      }
      await this.wait(2_000);
    }
  }

  runs(name: string): number {
    return this.cluster.store.ledger(name, { decision: 'run', trigger: 'schedule', end: 1_000 }).total;
  }

  holds(): number {
    return [...this.cluster.store.dues()].filter(({ kind }) => kind === 'hold').length;
  }

  /** `attempt` begins: what was decided before it must be over, or on record as perhaps not. A run by hand may overlap. */
  #started(attempt: Real): void {
    this.starts++;
    const { store } = this.cluster;
    const byHand = store.getExecution(attempt.id)?.trigger === 'manual';
    const others = this.nodes.flatMap(({ running }) => running).filter(({ jobName }) => jobName === attempt.jobName);
    for (const other of others) {
      const sameRun = other.group === attempt.group;
      const earlier = sameRun ? other.attempt < attempt.attempt : other.group < attempt.group && !byHand;
      if (earlier && !this.#released(attempt.jobName, other.id)) {
        this.violations.push(`${attempt.jobName}: ${attempt.id} began while ${other.id} ran`);
      }
    }
  }

  #released(name: string, id: ExecutionId): boolean {
    const { entries } = this.cluster.store.ledger(name, { decision: 'released', end: 1_000 });
    return entries.some(({ executions }) => executions.includes(id));
  }
}

describe('Engine: forbid', () => {
  it.each([HOLD_MS, 0])(
    'G-X4: never overlaps unseen, and goes on in the end (forbid-hold %i ms)',
    async (forbidHoldMs) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (script) => {
          const world = await World.start(forbidHoldMs);
          for (const next of script) {
            await world.take(next);
            expect(world.violations).toEqual([]);
          }
          await world.calm();
          expect(world.violations).toEqual([]);
          expect(world.holds()).toBe(0);
          if (forbidHoldMs === 0) {
            for (const name of JOBS) expect(world.cluster.store.ledger(name, { decision: 'released' }).total).toBe(0);
          }
          const before = JOBS.map((name) => world.runs(name));
          await world.calm();
          JOBS.forEach((name, i) => expect(world.runs(name)).toBeGreaterThan(before[i]!));
          world.cluster.engine.stop();
        }),
        { numRuns: 60 },
      );
    },
    120_000,
  );
});
