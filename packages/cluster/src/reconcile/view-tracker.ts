import type { NodeMember } from '../tags/node-member.ts';
import type { Configuration, ServerFacts, ServerStatus, ServerView } from './types.ts';

interface Seen {
  readonly status: ServerStatus;
  readonly sinceMs: number;
  readonly address: string;
}

const MAX_TRACKED = 10_000;

/** Since when each server has the status that gossip tells. A leader counts from what it saw itself. */
export class ViewTracker {
  #seen = new Map<string, Seen>();
  #nowMs = 0;

  observe(members: readonly NodeMember[], nowMs: number): void {
    this.#nowMs = nowMs;
    const present = new Set<string>();
    for (const { name, status, rpcAddress } of members) {
      present.add(name);
      this.#set(name, status === 'none' ? 'unseen' : status, rpcAddress, nowMs);
    }
    for (const [name, { status, address }] of this.#seen) {
      if (!present.has(name) && status !== 'reaped') this.#set(name, 'unseen', address, nowMs);
    }
  }

  reaped(name: string, nowMs: number): void {
    this.#set(name, 'reaped', '', nowMs);
  }

  /** Of all that are seen, and of all configured. Who is neither is forgotten. */
  views(configuration: Configuration, facts: ReadonlyMap<string, ServerFacts>): Map<string, ServerView> {
    const configured = new Set(configuration.servers.map(({ id }) => id));
    for (const id of configured) if (!this.#seen.has(id)) this.#set(id, 'unseen', '', this.#nowMs);
    for (const [name, { status }] of this.#seen) {
      if (!configured.has(name) && (status === 'unseen' || status === 'reaped')) this.#seen.delete(name);
    }
    return new Map(
      [...this.#seen].map(([name, seen]) => [name, { name, ...seen, facts: facts.get(name) ?? { kind: 'unknown' } }]),
    );
  }

  #set(name: string, status: ServerStatus, address: string, nowMs: number): void {
    const old = this.#seen.get(name);
    // A failed member that gossip does not list any more is still the same silence.
    const same = old?.status === status || (isSilent(old?.status) && isSilent(status));
    if (old === undefined && this.#seen.size >= MAX_TRACKED) return;
    this.#seen.set(name, { status, address, sinceMs: same ? old!.sinceMs : nowMs });
  }
}

function isSilent(status: ServerStatus | undefined): boolean {
  return status === 'failed' || status === 'unseen';
}
