import type { SwimTuning } from '@dkron/gossip/core';
import { SwimNetwork } from '@dkron/gossip/testing';
import { seededRandom } from '@dkron/runtime/testing';

export interface LifeguardOptions {
  readonly members: number;
  readonly minutes: number;
  readonly seed: number;
  /** Packets lost, of a hundred. */
  readonly lossPercent: number;
  /** Members that stand still for 2 s again and again, of a hundred. */
  readonly stallingPercent: number;
  /** Whether a silent member is pinged over a stream too, and whether streams lose packets as well and send them again. */
  readonly streams: StreamLoss;
}

/** What a pool said of members that were there all the time. */
export interface LifeguardResult {
  readonly name: string;
  /** Times anybody took a member for failed that never stood still. */
  readonly healthyFailed: number;
  /** The same of those that did stand still. */
  readonly stallingFailed: number;
  /** Healthy members that anybody took for failed: how many, and how many of their lives. */
  readonly victims: number;
  readonly deaths: number;
  /** Suspicions that anybody had of healthy members. */
  readonly healthySuspected: number;
  readonly packetsPerMemberSecond: number;
}

export const STREAM_LOSSES = ['none', 'lossy', 'perfect'] as const;
export type StreamLoss = (typeof STREAM_LOSSES)[number];

const STALL_MS = 2000;
/** Between the ends and beginnings of one member's stalls, on average. */
const GAP_MS = 8000;
const SETTLE_MS = 10_000;
/** Lifeguard's three parts, and our two, turned off. */
const OFF = {
  awareness: { awarenessMaxMultiplier: 1 },
  suspicion: { suspicionMaxTimeoutMult: 1 },
  buddy: { buddyPing: false },
  stallGuard: { stallThresholdMs: 1e9 },
  lastProbe: { lastProbe: false },
} as const satisfies Record<string, Partial<SwimTuning>>;
const { awareness, suspicion, buddy } = OFF;
const ours = { ...OFF.stallGuard, ...OFF.lastProbe };

/** Which parts run, by name. */
export const CONFIGURATIONS: Readonly<Record<string, Partial<SwimTuning>>> = {
  'all, with our last probe and guard against stalls': {},
  'all of Lifeguard, with our last probe': OFF.stallGuard,
  'all of Lifeguard': ours,
  'awareness alone': { ...suspicion, ...buddy, ...ours },
  'dynamic suspicion alone': { ...awareness, ...buddy, ...ours },
  'buddy alone': { ...awareness, ...suspicion, ...ours },
  'last probe alone': { ...awareness, ...suspicion, ...buddy, ...OFF.stallGuard },
  'none: SWIM': { ...awareness, ...suspicion, ...buddy, ...ours },
};

/** Runs one pool under loss and stalls, and counts what it said wrongly. */
export function runLifeguard(
  name: string,
  tuning: Partial<SwimTuning>,
  options: LifeguardOptions,
  onMinute: (minute: number, healthyFailed: number) => void,
): LifeguardResult {
  const { members, minutes, seed, lossPercent, stallingPercent, streams } = options;
  const network = new SwimNetwork({
    seed,
    tuning: { ...tuning, streamPings: streams !== 'none' },
    lossyStreams: streams === 'lossy',
    mode: 'objects',
    keeps: ({ type }) => type === 'failed' || type === 'suspect',
  });
  const all = network.populateKnown(members);
  network.run(SETTLE_MS);
  network.lossPpm = lossPercent * 10_000;
  const random = seededRandom(seed).fork('stalls');
  const stalling = new Set<string>();
  for (const member of all.slice(0, Math.round((members * stallingPercent) / 100))) {
    stalling.add(member.name);
    const stall = (): void => {
      member.stall(STALL_MS);
      network.plan(STALL_MS + random.nextInt(2 * GAP_MS), stall);
    };
    network.plan(random.nextInt(2 * GAP_MS), stall);
  }
  const before = network.packetsSent;
  let [healthyFailed, stallingFailed, healthySuspected] = [0, 0, 0];
  const victims = new Set<string>();
  const deaths = new Set<string>();
  for (let second = 0; second < minutes * 60; second++) {
    network.run(1000);
    for (const { seen } of all) {
      for (const { event } of seen.splice(0)) {
        if (event.type !== 'failed' && event.type !== 'suspect') continue;
        const { name: node, incarnation } = event.node;
        const isStalling = stalling.has(node);
        if (event.type === 'suspect') {
          if (!isStalling) healthySuspected++;
        } else if (isStalling) {
          stallingFailed++;
        } else {
          healthyFailed++;
          victims.add(node);
          deaths.add(`${node} ${incarnation}`);
        }
      }
    }
    if (second % 60 === 59) onMinute((second + 1) / 60, healthyFailed);
  }
  const packetsPerMemberSecond = (network.packetsSent - before) / members / (minutes * 60);
  const counts = { healthyFailed, stallingFailed, healthySuspected, victims: victims.size, deaths: deaths.size };
  return { name, ...counts, packetsPerMemberSecond };
}
