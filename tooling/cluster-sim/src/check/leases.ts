import type { Command } from '@dkron/jobs';
import type { NodeTime } from '../world/node-time.ts';
import type { World } from '../world/world.ts';
import { must } from './broken.ts';
import type { History } from './history.ts';

/** Pings come five times a lease, and take their way. */
const SLACK_MS = 1500;

interface Heard {
  readonly process: NodeTime;
  readonly term: bigint;
  /** When its session began. */
  readonly sinceMs: number;
  readonly atMs: number;
}

/** Nothing is given up for lost whose node is in session. */
export class Leases {
  readonly #history: History;
  readonly #world: World;
  readonly #heard = new Map<string, Heard>();

  constructor(history: History, world: World) {
    this.#history = history;
    this.#world = world;
  }

  /** A pong has come back to the worker. */
  heard(node: string, process: NodeTime, { term, sinceMs }: { readonly term: bigint; readonly sinceMs: number }): void {
    this.#heard.set(node, { process, term, sinceMs, atMs: this.#world.nowMs });
  }

  /** The leader of this term answers its pings. */
  inSession(node: string, term: bigint): boolean {
    const heard = this.#heard.get(node);
    const { nowMs, plan } = this.#world;
    return heard !== undefined && heard.term === term && nowMs - heard.atMs < plan.options.leaseMs;
  }

  proposed(term: bigint, command: Command): void {
    if (command.type !== 'executionUpdates') return;
    const { nowMs, plan } = this.#world;
    const { leaseMs } = plan.options;
    for (const update of command.updates) {
      if (update.kind !== 'finished' || (update.reason !== 'lease' && update.reason !== 'unreachable')) continue;
      const node = this.#history.executions.get(update.id)?.execution.nodeName ?? '';
      const heard = this.#heard.get(node);
      if (heard === undefined || heard.term !== term || !heard.process.alive) continue;
      const inSession = nowMs - heard.sinceMs > leaseMs + SLACK_MS && nowMs - heard.atMs < leaseMs / 2;
      must(!inSession, 'LeaseKept', () => `${update.id} is given up (${update.reason}) while ${node} is in session`);
    }
  }
}
