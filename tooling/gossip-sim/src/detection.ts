import { SwimNetwork } from '@dkron/gossip/testing';

/** How soon a pool of one size learns something; averages over runs, ms. */
export interface DetectionResult {
  readonly size: number;
  /** From death until the first other suspects it. */
  readonly suspectedMs: number;
  /** From death until the first other takes it for failed. */
  readonly failedMs: number;
  /** From then until all do. */
  readonly spreadMs: number;
  /** From a change of meta until all know it. */
  readonly updateMs: number;
  /** Datagrams of one member in a second of calm. */
  readonly packetsPerMemberSecond: number;
}

const CALM_MS = 4000;
const LONGEST_MS = 300_000;

/** Kills a member of a pool in which nothing else happens, and has another one change, `runs` times. */
export function runDetection(size: number, runs: number, seed: number, lastProbe: boolean): DetectionResult {
  if (size < 2) throw new Error(`size: ${size}, allowed is from 2`);
  const sums = { suspectedMs: 0, failedMs: 0, spreadMs: 0, updateMs: 0, packetsPerMemberSecond: 0 };
  for (let run = 0; run < runs; run++) {
    const network = new SwimNetwork({ seed: seed + run, mode: 'objects', tuning: { lastProbe }, keeps: () => false });
    const all = network.populateKnown(size);
    network.run(CALM_MS + run * 137); // Deaths fall into all parts of a period.
    const before = network.packetsSent;
    network.run(CALM_MS);
    sums.packetsPerMemberSecond += ((network.packetsSent - before) / size / CALM_MS) * 1000;

    const changedMs = network.nowMs;
    all[1]!.do((swim) => swim.updateMeta(Uint8Array.of(run), network.nowMs));
    const knows = (): boolean => all.every(({ swim }) => swim.member(all[1]!.name)?.meta[0] === run);
    until(network, knows, 'update');
    sums.updateMs += network.nowMs - changedMs;

    const victim = all[0]!;
    const others = all.slice(1);
    const diedMs = network.nowMs;
    victim.kill();
    until(network, () => others.some(({ swim }) => swim.member(victim.name)?.state !== 'alive'), 'suspicion');
    sums.suspectedMs += network.nowMs - diedMs;
    until(network, () => others.some(({ swim }) => swim.member(victim.name)?.state === 'dead'), 'death');
    const failedMs = network.nowMs;
    sums.failedMs += failedMs - diedMs;
    until(network, () => others.every(({ swim }) => swim.member(victim.name)?.state === 'dead'), 'spread of death');
    sums.spreadMs += network.nowMs - failedMs;
  }
  const mean = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / runs])) as typeof sums;
  return { size, ...mean };
}

/** Looks every 10 ms of virtual time: looking after every event of a large pool would take for ever. */
function until(network: SwimNetwork, isDone: () => boolean, what: string): void {
  const endMs = network.nowMs + LONGEST_MS;
  while (!isDone()) {
    if (network.nowMs > endMs) throw new Error(`${what}: not within ${LONGEST_MS} ms`);
    network.run(10);
  }
}
