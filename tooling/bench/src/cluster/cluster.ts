/** The figures of a cluster: see README. */
import type { Figure } from '../table.ts';
import { failoverFigures } from './failover.ts';
import { formationFigure } from './formation.ts';
import { httpJobFigures } from './http-jobs.ts';
import { newAgentFigure } from './new-agent.ts';
import { rateFigures } from './rates.ts';

/** What `docs/operations/clustering.md` calls the local profile. */
const LOCAL_PROFILE = ['--profile=local'];

/** The shortest one: followers wait between one and two of it. */
const ELECTION_MS = 1_000;

interface Part {
  readonly name: string;
  /** Minutes that it takes on a quiet machine, whole and quick. */
  readonly minutes: readonly [whole: number, quick: number];
  measure(quick: boolean): Promise<readonly Figure[]>;
}

const PARTS: readonly Part[] = [
  {
    name: 'formation',
    minutes: [1, 0.2],
    measure: async (quick) => [await formationFigure(quick ? 3 : 20)],
  },
  {
    name: 'failover',
    minutes: [20, 2],
    measure: async (quick) => {
      const kills = quick ? 5 : 100;
      const usual = { name: 'default timeouts', args: [] };
      const local = { name: 'local profile', args: LOCAL_PROFILE };
      return [
        ...(await failoverFigures({ ...usual, how: 'kill -9', kills, targetMs: 2_000 })),
        ...(await failoverFigures({ ...local, how: 'kill -9', kills, targetMs: 1_000 })),
        ...(await failoverFigures({ ...usual, how: 'cut', kills: quick ? 3 : 30, targetMs: 2.5 * ELECTION_MS })),
      ];
    },
  },
  {
    name: 'agent',
    minutes: [1.5, 0.7],
    measure: async (quick) => [await newAgentFigure(quick ? 3 : 9)],
  },
  {
    name: 'rates',
    minutes: [13, 3],
    measure: (quick) =>
      rateFigures(
        quick
          ? { rounds: 1, jobs: 5_000, everySeconds: 10, measureMs: 2_000 }
          : { rounds: 3, jobs: 20_000, everySeconds: 15, measureMs: 4_000 },
      ),
  },
  {
    name: 'http',
    minutes: [1.5, 0.5],
    measure: (quick) =>
      httpJobFigures({ perSecond: 3_000, seconds: quick ? 12 : 60, agents: 0, lagMs: 250, endurance: false }),
  },
  {
    name: 'endurance',
    minutes: [11, 1],
    measure: (quick) => httpJobFigures({ perSecond: 1_000, seconds: quick ? 40 : 600, agents: 2, endurance: true }),
  },
];

export interface ClusterBenchOptions {
  readonly quick: boolean;
  /** Names of parts; empty = all. */
  readonly parts: readonly string[];
}

/** @throws TypeError for an unknown part */
export async function clusterFigures({ quick, parts }: ClusterBenchOptions): Promise<Figure[]> {
  for (const part of parts) if (!PARTS.some(({ name }) => name === part)) throw new TypeError(`no part ${part}`);
  const chosen = PARTS.filter(({ name }) => parts.length === 0 || parts.includes(name));
  const minutes = chosen.reduce((sum, part) => sum + part.minutes[quick ? 1 : 0], 0);
  process.stderr.write(`cluster: ${chosen.map(({ name }) => name).join(', ')}: about ${minutes} minutes when quiet\n`);
  const figures: Figure[] = [];
  for (const part of chosen) {
    const measured = await part.measure(quick);
    for (const { name, ours, floor } of measured) process.stderr.write(`${name}: ${ours} | ${floor}\n`);
    figures.push(...measured);
  }
  return figures;
}
