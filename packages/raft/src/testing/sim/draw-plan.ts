import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import type { ClientPlan, DiskPlan, NetworkPlan, PartitionShape, Plan, ScriptEvent } from './plan.ts';
import { UNITS_PER_TICK } from './plan.ts';
import { PROFILE_NAMES, PROFILES, type ProfileName } from './profiles.ts';

/** What is not left to chance. */
export interface PlanLimits {
  /** Voters at the beginning; drawn from 1 to 7 if left out. */
  readonly nodes?: number;
  /** Calls of cores in the phase with faults, at most. Default 3000. */
  readonly steps?: number;
  /** Every kind of fault happens in every run. By default each seed leaves some out. */
  readonly allFaults?: boolean;
  /** Directed conditions; `none`: left to chance. By default half of the seeds run one. */
  readonly profile?: ProfileName | 'none';
}

/**
 * Draws a plan: the shape of the cluster, its options, and a mix of faults of its own for every seed, so that rare
 * combinations come up (swarm testing).
 */
export function drawPlan(seed: number, limits: PlanLimits = {}): Plan {
  const random = seededRandom(seed);
  const maxSteps = limits.steps ?? 3000;
  const voters = limits.nodes ?? pick(random, [1, 2, 3, 3, 3, 4, 5, 5, 5, 7]);
  // A server takes about four steps a tick.
  const ticks = Math.ceil(maxSteps / (3 * voters)) + 20;
  const plan: Plan = {
    seed,
    voters,
    learners: pick(random, [0, 0, 0, 1, 2]),
    core: drawCore(random),
    ticks,
    maxSteps,
    turn: pick(random, [1, 1, 4, 20]),
    clockPermille: pick(random, [0, 10, 100]),
    network: drawNetwork(random, limits.allFaults === true),
    disk: drawDisk(random),
    clients: drawClients(random),
    script: drawScript(random, ticks * UNITS_PER_TICK, limits.allFaults === true),
  };
  const directed = random.fork('profile');
  const profile = limits.profile ?? (chance(directed, 500) ? pick(directed, PROFILE_NAMES) : 'none');
  return profile === 'none' ? plan : PROFILES[profile](plan, directed);
}

function drawCore(random: Random): Plan['core'] {
  const electionTick = pick(random, [4, 6, 10]);
  const maxSizePerMsg = pick(random, [0, 1, 60, 1000, 1_000_000]);
  return {
    electionTick,
    heartbeatTick: pick(random, [1, 1, 2]),
    asyncStorage: !chance(random, 150),
    maxSizePerMsg,
    maxCommittedSizePerReady: pick(random, [1, 60, 1000, 1_000_000]),
    maxUncommittedSize: pick(random, [0, 0, 60, 1000]),
    maxInflightMsgs: pick(random, [1, 2, 4, 16, 64]),
    maxInflightBytes: pick(random, [0, 0, Math.max(100, maxSizePerMsg)]),
    checkQuorum: !chance(random, 250),
    preVote: !chance(random, 250),
    disableProposalForwarding: chance(random, 400),
    confChangeNeedsCurrentTermCommit: chance(random, 500),
    stepDownOnRemoval: !chance(random, 200),
    rejectVotesFromStrangers: chance(random, 300),
    maxPendingReads: pick(random, [1, 8, 65_536]),
  };
}

function drawNetwork(random: Random, allFaults: boolean): NetworkPlan {
  return {
    lossPermille: pick(random, allFaults ? [10, 20, 50, 50, 150, 300] : [0, 0, 10, 50, 150, 300]),
    duplicatePermille: pick(random, allFaults ? [10, 20, 20, 100, 500] : [0, 0, 20, 100, 500]),
    reorder: chance(random, 600),
    delay: pick(random, [1, 5, 30, 100]),
    jitter: pick(random, [1, 10, 60, 200]),
    snapshotLossPermille: pick(random, [0, 100, 500]),
    snapshotDelay: pick(random, [10, 300, 3000]),
    reportsUnreachable: chance(random, 500),
  };
}

function drawDisk(random: Random): DiskPlan {
  return {
    writeDelay: pick(random, [1, 10, 60, 300]),
    spikePermille: pick(random, [0, 0, 10, 50]),
    applyDelay: pick(random, [1, 10, 200]),
    readDelay: pick(random, [1, 50, 500]),
    durableStateMachine: chance(random, 500),
    snapshotEvery: pick(random, [0, 3, 10, 40]),
    trailing: pick(random, [0, 2, 10, 50]),
    cacheBytes: pick(random, [0, 100, 1000, 1_000_000]),
  };
}

function drawClients(random: Random): ClientPlan {
  return {
    count: pick(random, [1, 2, 4, 6]),
    keys: pick(random, [1, 2, 4]),
    pause: pick(random, [20, 100, 400]),
    timeout: pick(random, [500, 2000, 8000]),
    readPermille: pick(random, [100, 300, 500]),
    casPermille: pick(random, [0, 200, 400]),
    bytes: pick(random, [1, 40, 300]),
  };
}

/** How often, of 1000 ticks, each kind happens at most. */
const RATES = {
  crash: 40,
  stall: 25,
  partition: 30,
  clog: 25,
  members: 40,
  transfer: 30,
  forget: 15,
  campaign: 15,
  unreachable: 20,
  snapshot: 25,
  burst: 30,
} as const;

function drawScript(random: Random, end: number, allKinds: boolean): ScriptEvent[] {
  const script: ScriptEvent[] = [];
  // A quiet beginning lets most runs have a leader before anything happens; some have none.
  const begin = chance(random, 700) ? 20 * UNITS_PER_TICK : 0;
  for (const kind of Object.keys(RATES) as (keyof typeof RATES)[]) {
    // Each kind is absent, rare, or frequent.
    const share = pick(random, allKinds ? [1, 1, 1, 3, 10] : [0, 0, 1, 3, 10]);
    const count = Math.ceil((RATES[kind] * share * (end / UNITS_PER_TICK)) / 10_000);
    for (let i = 0; i < (share === 0 ? 0 : count); i++) {
      const at = begin + random.nextInt(Math.max(1, end - begin));
      script.push(drawEvent(random, kind, at));
    }
  }
  return script.sort((a, b) => a.at - b.at);
}

const SHAPES: readonly PartitionShape[] = ['isolate', 'split', 'oneWay', 'ring', 'bridge', 'leaderOutbound'];
const CHANGES = ['simple', 'joint', 'explicit', 'replaceLeader', 'newServer', 'promote', 'demote', 'leave'] as const;

function drawEvent(random: Random, kind: ScriptEvent['kind'], at: number): ScriptEvent {
  const any = (): number => random.nextInt(64);
  const length = (ticks: number): number => 1 + random.nextInt(ticks * UNITS_PER_TICK);
  switch (kind) {
    case 'crash':
      return { at, kind, server: any(), down: length(pick(random, [1, 10, 60])), keep: random.nextInt(1001) };
    case 'stall':
      return { at, kind, server: any(), length: length(pick(random, [5, 20, 60])) };
    case 'partition':
      return { at, kind, shape: pick(random, SHAPES), pick: any(), length: length(60) };
    case 'clog':
      return { at, kind, from: any(), to: any(), length: length(30) };
    case 'members':
      return { at, kind, how: pick(random, CHANGES), pick: any(), also: any() };
    case 'transfer':
    case 'unreachable':
      return { at, kind, server: any(), pick: any() };
    case 'forget':
    case 'campaign':
      return { at, kind, server: any() };
    case 'snapshot':
      return { at, kind, server: any(), trailing: pick(random, [0, 1, 5, 20]) };
    case 'burst':
    default:
      return { at, kind: 'burst', count: 1 + random.nextInt(20), bytes: random.nextInt(100) };
  }
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.nextInt(values.length)]!;
}

function chance(random: Random, permille: number): boolean {
  return random.nextInt(1000) < permille;
}
