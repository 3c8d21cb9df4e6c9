/** How SWIM runs. Names and values are memberlist's; one changes them together on all members or not at all. */
export interface SwimTuning {
  /** One of the others is pinged each so many ms. */
  readonly probeIntervalMs: number;
  /** Without ack for so long, others are asked to ping. At most `probeIntervalMs`. */
  readonly probeTimeoutMs: number;
  /** How many others are asked. 0: none. */
  readonly indirectChecks: number;
  /** Whether a silent member is pinged over a stream too. */
  readonly streamPings: boolean;
  /** For how long whoever answers streams waits, in all. */
  readonly tcpTimeoutMs: number;
  /**
   * Least time from suspicion to death: `suspicionMult * max(1, log10(n)) * probeIntervalMs`. Higher is slower to find
   * the dead and accuses fewer of the living. It also says how many confirmations shorten the time: two fewer.
   */
  readonly suspicionMult: number;
  /** The time of a suspicion that nobody else shares, as a multiple of the least one. 1 turns Lifeguard's part off. */
  readonly suspicionMaxTimeoutMult: number;
  /** Probes take up to so many times longer while we seem to be the sick one. 1 turns this off. */
  readonly awarenessMaxMultiplier: number;
  /** Whether a suspect is told so together with its ping, that it can refute sooner. */
  readonly buddyPing: boolean;
  /**
   * Whether a suspect is asked once more, in all ways, in the last `probeIntervalMs` of its time: whoever answers gets all
   * of the time again. The dead are found as soon as without.
   */
  readonly lastProbe: boolean;
  /** News go in `retransmitMult * ceil(log10(n + 1))` packets each. Higher costs traffic and reaches more under loss. */
  readonly retransmitMult: number;
  /** How often news are sent, and to how many at random. */
  readonly gossipIntervalMs: number;
  readonly gossipNodes: number;
  /** The dead get news for so long, then they are forgotten: so a member that was cut off hears of its death. */
  readonly gossipToTheDeadMs: number;
  /** Whole tables are exchanged with one at random so often; less often in pools beyond 32. 0: never. */
  readonly pushPullIntervalMs: number;
  /** A dead member's name may be taken by another address after so long. 0: never. One that left may always. */
  readonly deadNodeReclaimMs: number;
  /** Longest datagram. */
  readonly udpBufferBytes: number;
  /** When our own timers are later than this we take ourselves for stalled and accuse nobody for it. */
  readonly stallThresholdMs: number;
  /** More names than this are refused: a bound on what strangers can make us hold. */
  readonly maxMembers: number;
}

/** Set of timings: within a site, between sites, within a machine. */
export type SwimProfile = 'lan' | 'wan' | 'local';

const LAN: SwimTuning = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  indirectChecks: 3,
  streamPings: true,
  tcpTimeoutMs: 10_000,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  awarenessMaxMultiplier: 8,
  buddyPing: true,
  lastProbe: true,
  retransmitMult: 4,
  gossipIntervalMs: 200,
  gossipNodes: 3,
  gossipToTheDeadMs: 30_000,
  pushPullIntervalMs: 30_000,
  deadNodeReclaimMs: 0,
  udpBufferBytes: 1400,
  stallThresholdMs: 500,
  maxMembers: 100_000,
};

/** Ready values: `lan` within a site, `wan` between sites, `local` on one machine. */
export const SWIM_PROFILES: Readonly<Record<SwimProfile, SwimTuning>> = {
  lan: LAN,
  wan: {
    ...LAN,
    tcpTimeoutMs: 30_000,
    suspicionMult: 6,
    pushPullIntervalMs: 60_000,
    probeTimeoutMs: 3000,
    probeIntervalMs: 5000,
    gossipNodes: 4,
    gossipIntervalMs: 500,
    gossipToTheDeadMs: 60_000,
    stallThresholdMs: 3000,
  },
  local: {
    ...LAN,
    tcpTimeoutMs: 1000,
    indirectChecks: 1,
    retransmitMult: 2,
    suspicionMult: 3,
    pushPullIntervalMs: 15_000,
    probeTimeoutMs: 200,
    gossipIntervalMs: 100,
    gossipToTheDeadMs: 15_000,
    stallThresholdMs: 200,
  },
};

interface Bound {
  readonly least: number;
  readonly whole: boolean;
}

const POSITIVE: Bound = { least: Number.MIN_VALUE, whole: false };
const NOT_NEGATIVE: Bound = { least: 0, whole: false };
const COUNT: Bound = { least: 0, whole: true };
const COUNT_FROM_ONE: Bound = { least: 1, whole: true };

const BOUNDS: Readonly<Record<Exclude<keyof SwimTuning, 'streamPings' | 'buddyPing' | 'lastProbe'>, Bound>> = {
  probeIntervalMs: POSITIVE,
  probeTimeoutMs: POSITIVE,
  indirectChecks: COUNT,
  tcpTimeoutMs: POSITIVE,
  suspicionMult: COUNT_FROM_ONE,
  suspicionMaxTimeoutMult: COUNT_FROM_ONE,
  awarenessMaxMultiplier: COUNT_FROM_ONE,
  retransmitMult: COUNT_FROM_ONE,
  gossipIntervalMs: POSITIVE,
  gossipNodes: COUNT,
  gossipToTheDeadMs: NOT_NEGATIVE,
  pushPullIntervalMs: NOT_NEGATIVE,
  deadNodeReclaimMs: NOT_NEGATIVE,
  udpBufferBytes: { least: 576, whole: true },
  stallThresholdMs: POSITIVE,
  maxMembers: COUNT_FROM_ONE,
};

/** A profile with some values changed. Throws TypeError for values that cannot work. */
export function resolveTuning(profile: SwimProfile = 'lan', changes: Partial<SwimTuning> = {}): SwimTuning {
  const tuning = { ...SWIM_PROFILES[profile], ...changes };
  for (const [name, { least, whole }] of Object.entries(BOUNDS)) {
    const value = tuning[name as keyof typeof BOUNDS];
    if (Number.isNaN(value) || value < least || (whole && !Number.isInteger(value))) {
      throw new TypeError(
        `${name}: ${value}, allowed are ${whole ? 'whole ' : ''}numbers from ${least === Number.MIN_VALUE ? 'above 0' : least}`,
      );
    }
  }
  if (tuning.probeTimeoutMs > tuning.probeIntervalMs) {
    throw new TypeError(
      `probeTimeoutMs: ${tuning.probeTimeoutMs}, allowed is at most probeIntervalMs (${tuning.probeIntervalMs})`,
    );
  }
  return tuning;
}
