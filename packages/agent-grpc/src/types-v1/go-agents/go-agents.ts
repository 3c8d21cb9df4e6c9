import type { ExecutionId } from '@dkron/jobs';
import type { Cancel } from '@dkron/runtime';
import type { AcceptSession } from '../../session/ports.ts';
import { GoAgent } from './go-agent.ts';
import type { GoAgentModules, GoMember } from './go-agent.ts';
import { settingsOf } from './options.ts';
import type { GoAgentsOptions, GoAgentsSettings } from './options.ts';

const SYNC_MS = 1000;

export interface GoAgentsModules extends Omit<GoAgentModules, 'settings' | 'inherited'> {
  /** The engine of this server, which leads. */
  readonly accept: AcceptSession;
  /** All agents of the original in the region that membership remembers. */
  readonly members: () => readonly GoMember[];
}

/** Drives the agents of the original while this server leads: one session each with the engine, by `AgentRun`. */
export class GoAgents {
  readonly #settings: GoAgentsSettings;
  readonly #modules: GoAgentsModules;
  readonly #agents = new Map<string, GoAgent>();
  #inherited: ReadonlySet<ExecutionId> = new Set();
  #timer: Cancel | undefined;

  /** @throws TypeError for an option out of range */
  constructor(options: GoAgentsOptions, modules: GoAgentsModules) {
    this.#settings = settingsOf(options);
    this.#modules = modules;
  }

  /** Leadership was gained; before the engine decides anything. */
  start(): void {
    if (this.#timer !== undefined) return;
    const open = [...this.#modules.view.openExecutions()];
    this.#inherited = new Set(open.filter(({ state }) => state === 'pending').map(({ id }) => id));
    this.#tick();
  }

  /** Leadership was lost. Streams end; what runs goes on, and is reported to the next leader. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
    for (const agent of this.#agents.values()) agent.stop();
    this.#agents.clear();
  }

  /** Membership changed; it is looked at every second, too. */
  sync(): void {
    if (this.#timer === undefined) return;
    const members = this.#modules.members();
    const names = new Set(members.map(({ name }) => name));
    for (const [name, agent] of this.#agents) {
      if (names.has(name)) continue;
      agent.stop();
      this.#agents.delete(name);
    }
    for (const member of members) {
      let agent = this.#agents.get(member.name);
      if (agent === undefined) {
        agent = new GoAgent(member, { ...this.#modules, settings: this.#settings, inherited: this.#inherited });
        this.#agents.set(member.name, agent);
      }
      agent.update(member, this.#modules.accept);
    }
  }

  /** The node joined anew. What its open streams tell of is still there, the rest is lost. */
  restarted(name: string): void {
    this.#agents.get(name)?.restarted();
  }

  #tick(): void {
    this.#timer = this.#modules.timers.after(SYNC_MS, () => this.#tick());
    this.sync();
  }
}
