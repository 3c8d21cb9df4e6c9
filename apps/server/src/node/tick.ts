import type { ServerOptions } from '../options.ts';

const TICK_MS = { lan: 100, wan: 100, local: 50 } as const;

/** What heartbeats (1), leases (5) and the least election timeout (10) are counted in. */
export function tickMsOf({ profile, raftMultiplier }: Pick<ServerOptions, 'profile' | 'raftMultiplier'>): number {
  return TICK_MS[profile] * raftMultiplier;
}
