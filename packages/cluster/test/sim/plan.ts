import type { Random } from '@dkron/runtime';

/** Everything that chance decides before a simulation; all times in milliseconds. */
export interface Plan {
  readonly seed: number;
  readonly profile: Profile;
  readonly expect: number;
  readonly servers: readonly ServerPlan[];
  /** Parts in a thousand of messages that are lost, and of those that come a second time, late. */
  readonly lossPermille: number;
  readonly repeatPermille: number;
  /** Parts in a thousand of messages that take up to `slowMs` instead of 15 ms. */
  readonly slowPermille: number;
  readonly slowMs: number;
  /** How long a synced write takes at most. */
  readonly syncMs: number;
  readonly faults: readonly Fault[];
  /** When everybody is up, sees everybody and nothing is lost any more. */
  readonly healMs: number;
  readonly endMs: number;
}

/** `calm`: no faults; `starts`: only odd start times and split views; `slow`: answers come after their time; `stormy`: everything. */
export type Profile = 'calm' | 'starts' | 'slow' | 'stormy';

export interface ServerPlan {
  readonly name: string;
  readonly expect: number;
  readonly startMs: number;
  /** When this server begins to see each other one, by index. */
  readonly seesFromMs: readonly number[];
  readonly joinRoundMs: number;
}

export type Fault =
  | { readonly kind: 'crash'; readonly atMs: number; readonly server: number; readonly downMs: number }
  /** As a crash, and the data folder is gone. */
  | { readonly kind: 'rebuild'; readonly atMs: number; readonly server: number; readonly downMs: number }
  /** Nothing gets from one server to another; one way or both. */
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly from: number;
      readonly to: number;
      readonly both: boolean;
      readonly forMs: number;
    };

const FAULTS_MS = 14_000;
const MAX_SERVERS = 8;

export function drawPlan(seed: number, random: Random): Plan {
  const below = (bound: number): number => random.nextInt(bound);
  const profile = (['calm', 'starts', 'slow', 'slow', 'stormy', 'stormy', 'stormy'] as const)[below(7)]!;
  const expect = profile === 'slow' ? 2 + below(2) : [1, 2, 3, 3, 3, 4, 5][below(7)]!;
  const count = Math.min(MAX_SERVERS, expect + [0, 0, 0, 1, 2, expect, expect + 1][below(7)]!);
  const split = profile !== 'calm' && below(2) === 0;
  const group = Array.from({ length: count }, () => below(2));
  const servers = Array.from({ length: count }, (_, index): ServerPlan => {
    const odd = profile !== 'calm' && below(25) === 0;
    return {
      name: `s${(index * 5 + seed) % count}`,
      expect: odd ? [0, expect + 1][below(2)]! : expect,
      startMs: profile === 'calm' ? below(50) : below(4000),
      seesFromMs: Array.from({ length: count }, (__, other) =>
        split && (group[index] !== group[other] || below(5) === 0) ? below(FAULTS_MS) : below(30),
      ),
      joinRoundMs: profile === 'calm' ? 500 : below(2000),
    };
  });
  const stormy = profile === 'stormy';
  const slow = profile === 'slow';
  const faults = stormy || slow ? Array.from({ length: below(stormy ? 14 : 5) }, () => drawFault(below, count)) : [];
  return {
    seed,
    profile,
    expect,
    servers: dedupeNames(servers),
    lossPermille: stormy ? below(300) : 0,
    repeatPermille: stormy ? below(200) : slow ? 300 : 0,
    slowPermille: stormy ? 50 : slow ? 100 + below(400) : 0,
    slowMs: slow ? 6000 : 4000,
    syncMs: stormy || slow ? [2, 20, 600][below(3)]! : 5,
    faults,
    healMs: profile === 'calm' ? 0 : FAULTS_MS + 2000,
    endMs: profile === 'calm' ? 6000 : FAULTS_MS + 24_000,
  };
}

function drawFault(below: (bound: number) => number, count: number): Fault {
  // Most of the interesting time is the first seconds.
  const atMs = below(2) === 0 ? below(5000) : below(FAULTS_MS);
  const server = below(count);
  const long = below(3) === 0 ? 8000 : 1500;
  switch (below(5)) {
    case 0:
    case 1:
      return { kind: 'crash', atMs, server, downMs: below(long) };
    case 2:
      return { kind: 'rebuild', atMs, server, downMs: below(long) };
    default:
      return { kind: 'cut', atMs, from: server, to: below(count), both: below(2) === 0, forMs: below(long) };
  }
}

function dedupeNames(servers: readonly ServerPlan[]): ServerPlan[] {
  const names = new Set(servers.map(({ name }) => name));
  return names.size === servers.length ? [...servers] : servers.map((server, i) => ({ ...server, name: `s${i}` }));
}
