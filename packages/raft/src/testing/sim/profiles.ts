import type { Random } from '@dkron/runtime';
import { LEADER, type PartitionShape, type Plan, type ScriptEvent, UNITS_PER_TICK } from './plan.ts';

/** Bends a plan towards conditions that a blind mix of faults meets too rarely. */
type Profile = (plan: Plan, random: Random) => Plan;

/** Directed profiles, by what they are after. Half of all seeds run one of them; the others are left to chance. */
export const PROFILES = {
  staleReads,
  churn,
  jointElections,
  lateSnapshots,
  unevenTerms,
  replacement,
} as const satisfies Readonly<Record<string, Profile>>;

export type ProfileName = keyof typeof PROFILES;

export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/** Clients that mostly read one key, some of them from a leader that others have replaced. */
function staleReads(plan: Plan, random: Random): Plan {
  const shapes: readonly PartitionShape[] = ['isolateLeader', 'leaderMinority', 'leaderMinority'];
  return {
    ...quiet(plan),
    learners: 0,
    core: { ...plan.core, electionTick: 4, heartbeatTick: 1, checkQuorum: false, maxPendingReads: 65_536 },
    clients: { ...plan.clients, count: 6, keys: 1, pause: 40, timeout: 1000, readPermille: 600, casPermille: 200 },
    script: every(plan, random, 30, (at) => [
      { at, kind: 'partition', shape: pick(random, shapes), pick: 0, length: ticks(15 + random.nextInt(10)) },
    ]),
  };
}

/**
 * Leaders that fall one after the other, with tails that nobody else has, over slow disks: entries of old terms come
 * back (raft figure 8), and writes are overtaken by later terms.
 */
function churn(plan: Plan, random: Random): Plan {
  const lost: readonly PartitionShape[] = ['isolateLeader', 'leaderMinority', 'leaderOutbound'];
  const calm = quiet(plan);
  return {
    ...calm,
    core: {
      ...plan.core,
      electionTick: 4,
      heartbeatTick: 1,
      checkQuorum: chance(random, 300),
      preVote: chance(random, 200),
      maxSizePerMsg: pick(random, [0, 0, 1000]),
      maxInflightMsgs: pick(random, [1, 1, 64]),
      maxInflightBytes: 0,
    },
    network: { ...calm.network, delay: pick(random, [5, 30, 60]), jitter: pick(random, [20, 60, 100]), reorder: true },
    disk: {
      ...calm.disk,
      writeDelay: pick(random, [10, 60, 200]),
      spikePermille: pick(random, [0, 50, 100]),
      snapshotEvery: 0,
    },
    script: every(plan, random, 7, (at) => {
      const length = ticks(3 + random.nextInt(8));
      const burst = (after: number): ScriptEvent => ({
        at: at + after,
        kind: 'burst',
        count: 1 + random.nextInt(6),
        bytes: 1,
        stale: chance(random, 500),
      });
      const fall: ScriptEvent = chance(random, 500)
        ? { at, kind: 'partition', shape: pick(random, lost), pick: random.nextInt(64), length }
        : { at: at + random.nextInt(60), kind: 'crash', server: LEADER, down: length, keep: random.nextInt(1001) };
      return [burst(0), fall, burst(20), burst(200)];
    }),
  };
}

/** Whole halves are exchanged, and elections happen while only some servers know. */
function jointElections(plan: Plan, random: Random): Plan {
  const calm = quiet(plan);
  const voters = Math.min(3, plan.voters);
  return {
    ...calm,
    voters,
    learners: Math.max(1, voters - 1),
    core: {
      ...plan.core,
      electionTick: 4,
      heartbeatTick: 1,
      // With neither of both, a server of a later term that knows only the old members can silence the leader for ever.
      checkQuorum: true,
      preVote: false,
      confChangeNeedsCurrentTermCommit: false,
      maxUncommittedSize: 0,
    },
    network: { ...calm.network, delay: 5, jitter: pick(random, [60, 200]), reorder: true },
    disk: { ...calm.disk, applyDelay: pick(random, [1, 200]) },
    script: every(plan, random, 25, (at) => {
      const shape: PartitionShape = chance(random, 700) ? 'halvesWithoutLeader' : 'halves';
      return [
        { at, kind: 'members', how: 'swap', pick: random.nextInt(64), also: random.nextInt(64) },
        { at: at + 1, kind: 'burst', count: 3, bytes: 1 },
        { at: at + random.nextInt(ticks(7)), kind: 'partition', shape, pick: 0, length: ticks(12) },
      ];
    }),
  };
}

/** Acknowledgements that are held up while the leader compacts: snapshots reach servers that are ahead of them. */
function lateSnapshots(plan: Plan, random: Random): Plan {
  const calm = quiet(plan);
  return {
    ...calm,
    core: { ...plan.core, electionTick: 6, heartbeatTick: 1, checkQuorum: false },
    network: { ...calm.network, snapshotDelay: pick(random, [300, 1500]), snapshotLossPermille: 0 },
    disk: { ...calm.disk, writeDelay: pick(random, [10, 200]), spikePermille: 20, trailing: 0 },
    clients: { ...plan.clients, pause: 40 },
    script: every(plan, random, 20, (at) => {
      const from = random.nextInt(64);
      const later = (units: number): number => at + random.nextInt(units);
      return [
        { at, kind: 'clog', from, to: LEADER, length: ticks(2 + random.nextInt(8)) },
        { at: later(300), kind: 'burst', count: 5, bytes: 1 },
        { at: later(500), kind: 'snapshot', server: LEADER, trailing: 0 },
        { at: at + 500 + random.nextInt(100), kind: 'unreachable', server: LEADER, pick: from },
        { at: at + 600 + random.nextInt(500), kind: 'burst', count: 5, bytes: 1 },
        ...(chance(random, 300)
          ? [{ at: at + 700, kind: 'crash', server: LEADER, down: ticks(5), keep: 0 } as const]
          : []),
      ];
    }),
  };
}

/** Candidates that ask without pre-votes being granted to them: servers end in different terms and need each other. */
function unevenTerms(plan: Plan, random: Random): Plan {
  const calm = quiet(plan);
  const shapes: readonly PartitionShape[] = ['isolateLeader', 'oneWay', 'leaderOutbound', 'split'];
  return {
    ...calm,
    learners: 0,
    core: { ...plan.core, electionTick: 4, heartbeatTick: 1, preVote: true, checkQuorum: chance(random, 700) },
    network: { ...calm.network, lossPermille: 100, delay: 30, jitter: 100 },
    script: every(plan, random, 12, (at) => [
      {
        at,
        kind: 'partition',
        shape: pick(random, shapes),
        pick: random.nextInt(64),
        length: ticks(3 + random.nextInt(12)),
      },
      { at: at + random.nextInt(600), kind: 'transfer', server: LEADER, pick: 4 * random.nextInt(16) + 1 },
      { at: at + random.nextInt(600), kind: 'burst', count: 2, bytes: 1, stale: true },
    ]),
  };
}

/**
 * Leaders that are replaced while they take proposals, with the choices of the driver: the leader that was removed leads
 * on until a voter has its whole log, and tells it to take over.
 */
function replacement(plan: Plan, random: Random): Plan {
  const calm = quiet(plan);
  return {
    ...calm,
    resigns: true,
    core: {
      ...plan.core,
      electionTick: 6,
      heartbeatTick: 1,
      checkQuorum: true,
      preVote: true,
      stepDownOnRemoval: false,
      rejectVotesFromStrangers: true,
      disableProposalForwarding: true,
      confChangeNeedsCurrentTermCommit: true,
    },
    network: { ...calm.network, lossPermille: pick(random, [10, 50, 150]), delay: 5, jitter: pick(random, [10, 100]) },
    clients: { ...plan.clients, count: 6, pause: 20 },
    script: every(plan, random, 60, (at) => [
      { at, kind: 'members', how: 'replaceLeader', pick: random.nextInt(64), also: random.nextInt(64) },
      { at: at + random.nextInt(300), kind: 'burst', count: 3, bytes: 1 },
      ...fallOf(plan, random, at + random.nextInt(400)),
    ]),
  };
}

/** The leader that is being replaced falls. Not among two: there its vote is needed, and it may be the gap that is known. */
function fallOf({ voters }: Plan, random: Random, at: number): readonly ScriptEvent[] {
  if (voters < 3 || chance(random, 400)) return [];
  const length = ticks(10 + random.nextInt(15));
  return chance(random, 500)
    ? [{ at, kind: 'partition', shape: 'isolateLeader', pick: 0, length }]
    : [{ at, kind: 'crash', server: LEADER, down: length, keep: random.nextInt(1001) }];
}

/** As the plan, with a network and disks that do not add faults of their own. */
function quiet(plan: Plan): Plan {
  return {
    ...plan,
    clockPermille: Math.min(plan.clockPermille, 10),
    network: { ...plan.network, lossPermille: 5, duplicatePermille: 10, delay: 5, jitter: 10, snapshotDelay: 100 },
    disk: { ...plan.disk, writeDelay: 10, spikePermille: 0, applyDelay: 10, readDelay: 20 },
  };
}

/** Events every so many ticks, after a quiet beginning, ascending. */
function every(
  plan: Plan,
  random: Random,
  period: number,
  events: (at: number) => readonly ScriptEvent[],
): ScriptEvent[] {
  const script: ScriptEvent[] = [];
  for (let tick = 12; tick < plan.ticks - 5; tick += period) {
    script.push(...events(ticks(tick) + random.nextInt(ticks(Math.ceil(period / 3)))));
  }
  return script.sort((a, b) => a.at - b.at);
}

function ticks(count: number): number {
  return count * UNITS_PER_TICK;
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.nextInt(values.length)]!;
}

function chance(random: Random, permille: number): boolean {
  return random.nextInt(1000) < permille;
}
