import { SwimNetwork } from '@dkron/gossip/testing';
import { seededRandom } from '@dkron/runtime/testing';

export interface JoiningResult {
  /** Of all that has to be learned, the share, and after how long it was. */
  readonly reached: readonly { readonly percent: number; readonly afterMs: number }[];
  /** Times anybody took another one for suspect or failed, up to two seconds after the end. */
  readonly accusations: number;
  readonly packetsPerMemberSecond: number;
  readonly heapMegabytes: number;
}

const SETTLE_MS = 3000;
const LONGEST_MS = 300_000;
const AFTER_MS = 2000;
const PERCENTS: readonly number[] = [50, 90, 99, 99.9, 100];

/**
 * A pool whose members know each other, and `newcomers` that join at once, each at another of them drawn at random. Throws
 * Error when not all know all in the end.
 */
export function runJoining(members: number, newcomers: number, seed: number): JoiningResult {
  let [learned, accusations] = [0, 0];
  const network = new SwimNetwork({
    seed,
    mode: 'objects',
    keeps: ({ type }) => {
      if (type === 'join') learned++;
      if (type === 'suspect' || type === 'failed') accusations++;
      return false;
    },
  });
  network.populateKnown(members);
  network.run(SETTLE_MS);
  learned = 0;
  const random = seededRandom(seed).fork('contacts');
  const startMs = network.nowMs;
  const before = network.packetsSent;
  for (let i = 0; i < newcomers; i++) {
    const { name } = network.add(`n${members + i}`);
    network.join(name, `n${random.nextInt(members)}`);
  }
  // Everybody learns every newcomer, a newcomer itself too; newcomers learn the old ones.
  const toLearn = newcomers * (members + newcomers) + newcomers * members;
  const reached: { percent: number; afterMs: number }[] = [];
  for (const percent of PERCENTS) {
    while (learned < (toLearn * percent) / 100) {
      if (network.nowMs - startMs > LONGEST_MS)
        throw new Error(`${learned} of ${toLearn} learned after ${LONGEST_MS} ms`);
      network.run(10);
    }
    reached.push({ percent, afterMs: network.nowMs - startMs });
  }
  const seconds = (network.nowMs - startMs) / 1000;
  const packetsPerMemberSecond = (network.packetsSent - before) / (members + newcomers) / seconds;
  const heapMegabytes = process.memoryUsage.rss() / 2 ** 20;
  network.run(AFTER_MS);
  check(network, members + newcomers);
  return { reached, accusations, packetsPerMemberSecond, heapMegabytes };
}

/** What was counted is looked at once: every table has everybody, alive. */
function check(network: SwimNetwork, size: number): void {
  for (const { name, swim } of network.running()) {
    let alive = 0;
    for (const { state } of swim.members()) if (state === 'alive') alive++;
    if (alive !== size) throw new Error(`${name} holds ${alive} of ${size} as alive`);
  }
}
