import type { Random } from '@dkron/runtime';
import { pick } from './draw-jobs.ts';
import type { Fault } from './plan.ts';

const KINDS = [
  'kill',
  'kill',
  'power',
  'kill-leader',
  'kill-leader',
  'kill-all',
  'power-all',
  'stop',
  'stop',
  'stop-leader',
  'leave-server',
  'split',
  'cut',
  'cut',
  'isolate-leader',
  'isolate-leader',
  'cut-agent-from-leader',
  'stall',
  'stall-leader',
  'step',
  'wipe-agent',
  'leave-agent',
  'lose-agent',
  'isolate-agent',
  'mute-agent',
  'rebuild-server',
  'replace-server',
] as const satisfies readonly Fault['kind'][];

export interface FaultLimits {
  readonly servers: number;
  readonly agents: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly replaceAfterMs: number;
  /** These only, and many of them. */
  readonly kinds?: readonly Fault['kind'][];
}

/** Each seed has its own mix of kinds, and its own density. */
export function drawFaults(random: Random, limits: FaultLimits): Fault[] {
  const kinds: readonly Fault['kind'][] = limits.kinds ?? [...new Set(KINDS)].filter(() => random.nextInt(3) > 0);
  const allowed = KINDS.filter((kind) => kinds.includes(kind));
  if (allowed.length === 0) return [];
  const meanMs = pick(random, limits.kinds === undefined ? [6000, 12_000, 25_000, 60_000] : [6000, 12_000]);
  const faults: Fault[] = [];
  // Two of these at a time may take the only copies of what was acknowledged.
  let rebuildFromMs = limits.fromMs;
  for (let atMs = limits.fromMs; atMs < limits.toMs; atMs += 200 + random.nextInt(2 * meanMs)) {
    const kind = pick(random, allowed);
    if (kind === 'rebuild-server' || kind === 'replace-server') {
      if (limits.servers < 3 || atMs < rebuildFromMs) continue;
      rebuildFromMs = atMs + limits.replaceAfterMs + 60_000;
    }
    const fault = drawFault(random, kind, atMs, limits);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

function drawFault(
  random: Random,
  kind: Fault['kind'],
  atMs: number,
  { servers, agents }: FaultLimits,
): Fault | undefined {
  const nodes = servers + agents;
  const node = random.nextInt(nodes);
  const downMs = pick(random, [50, 500, 3000, 10_000, 30_000]) + random.nextInt(1000);
  const lengthMs = pick(random, [300, 1500, 4000, 12_000, 40_000]) + random.nextInt(1000);
  const move = random.nextInt(4) === 0;
  const agent = agents === 0 ? undefined : servers + random.nextInt(agents);
  switch (kind) {
    case 'kill':
    case 'power':
    case 'stop':
      return { kind, atMs, node, downMs, move };
    case 'kill-all':
    case 'power-all':
      return { kind, atMs, downMs, move };
    case 'kill-leader':
    case 'stop-leader':
      return { kind, atMs, downMs };
    case 'split':
      return {
        kind,
        atMs,
        lengthMs,
        side: Array.from({ length: nodes }, (_, i) => i).filter(() => random.nextInt(2) === 0),
      };
    case 'cut':
      return { kind, atMs, lengthMs, from: node, to: random.nextInt(nodes), both: random.nextInt(2) === 0 };
    case 'isolate-leader':
      return { kind, atMs, lengthMs, how: pick(random, ['both', 'out', 'in']) };
    case 'stall':
      return { kind, atMs, node, lengthMs };
    case 'stall-leader':
      return { kind, atMs, lengthMs };
    case 'step':
      return { kind, atMs, node, byMs: pick(random, [-60_000, -5000, -800, 800, 5000, 60_000]) };
    case 'leave-server':
      return servers < 3 ? undefined : { kind, atMs, node: random.nextInt(servers), downMs };
    case 'rebuild-server':
    case 'replace-server':
      return { kind, atMs, node: random.nextInt(servers), downMs };
    case 'cut-agent-from-leader':
      return agent === undefined ? undefined : { kind, atMs, node: agent, lengthMs };
    case 'lose-agent':
      return agents < 2 ? undefined : { kind, atMs, node: agent!, how: pick(random, ['kill', 'power']) };
    case 'isolate-agent':
      return agent === undefined
        ? undefined
        : { kind, atMs, node: agent, lengthMs, how: pick(random, ['both', 'out', 'in']) };
    case 'mute-agent': {
      const muteMs = pick(random, [300, 1500, 4000]) + random.nextInt(1000);
      const end = pick(random, ['kill', 'power', 'wipe'] as const);
      return agent === undefined
        ? undefined
        : { kind, atMs, node: agent, muteMs, end, downMs: pick(random, [50, 500, 3000]) };
    }
    case 'wipe-agent':
    case 'leave-agent':
      return agent === undefined ? undefined : { kind, atMs, node: agent, downMs };
  }
}
