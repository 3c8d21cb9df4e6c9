import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilLed } from '@dkron/harness';
import { OurCluster } from '../raft/our-cluster.ts';
import type { Figure } from '../table.ts';
import { median } from '../table.ts';
import { startCluster } from './bench-cluster.ts';
import { burstRates } from './burst.ts';
import { echoRate } from './echo.ts';

const IN_FLIGHT = 512;
const BYTES = 300;
const LED_MS = 60_000;
const NOOP_TARGET = 0.3;
const REMOTE_TARGET = 0.5;

export interface RatesOrder {
  readonly rounds: number;
  /** Due together. */
  readonly jobs: number;
  readonly everySeconds: number;
  readonly measureMs: number;
}

interface Round {
  readonly commits: number;
  readonly echo: number;
  readonly leader: number;
  readonly servers: number;
  readonly agents: number;
}

/** Executions that do nothing, start and end replicated, beside what consensus and the streams alone carry; in turn. */
export async function rateFigures(order: RatesOrder): Promise<Figure[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < order.rounds; round++) {
    const commits = await commitRate(order.measureMs);
    const echo = await echoRate(2, order.measureMs);
    rounds.push({ commits, echo, ...(await executionRates(order)) });
    process.stderr.write(`rates, round ${round + 1}: ${JSON.stringify(rounds.at(-1))}\n`);
  }
  const half = (one: Round): number => one.commits / 2;
  return [
    ratioFigure("no-op executions/s on the leader's own worker, beside half the commit rate", rounds, {
      ours: (one) => one.leader,
      floor: half,
      target: NOOP_TARGET,
    }),
    ratioFigure('no-op executions/s over the workers of three servers, beside half the commit rate', rounds, {
      ours: (one) => one.servers,
      floor: half,
      target: NOOP_TARGET,
    }),
    ratioFigure('no-op executions/s on 2 agents, beside an echo of the same messages over 2 bidi streams', rounds, {
      ours: (one) => one.agents,
      floor: (one) => one.echo,
      target: REMOTE_TARGET,
    }),
  ];
}

/** Applied on the leader per second, three servers of `@dkron/raft` with synced logs, nothing else. */
async function commitRate(measureMs: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-bench-raft-'));
  const cluster = await OurCluster.start(folder);
  try {
    const order = { inFlight: IN_FLIGHT, bytes: BYTES, warmMs: measureMs, measureMs };
    return (await cluster.load(order)).rate;
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function executionRates({ jobs, everySeconds }: RatesOrder): Promise<Omit<Round, 'commits' | 'echo'>> {
  const cluster = await startCluster({ agents: 2, noop: true });
  try {
    const leader = await untilLed(cluster, LED_MS);
    const common = { jobs, everySeconds, bursts: 3 };
    const rate = async (prefix: string, tags: Record<string, string>): Promise<number> =>
      median(await burstRates(cluster, { ...common, prefix, tags }));
    return {
      leader: await rate('leader', { name: `${leader}:1` }),
      servers: await rate('servers', { pool: 'servers:1' }),
      agents: await rate('agents', { pool: 'agents:1' }),
    };
  } finally {
    await cluster.close();
  }
}

function ratioFigure(
  name: string,
  rounds: readonly Round[],
  { ours, floor, target }: { ours: (one: Round) => number; floor: (one: Round) => number; target: number },
): Figure {
  const ratios = rounds.map((one) => ours(one) / floor(one));
  const ratio = median(ratios);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const per = (value: number): string => `${Math.round(value).toLocaleString('en')}/s`;
  return {
    name: `${name} (${spread})`,
    ours: per(median(rounds.map(ours))),
    floor: per(median(rounds.map(floor))),
    ratio,
    target: `≥ ${target}`,
    met: ratio >= target,
  };
}
