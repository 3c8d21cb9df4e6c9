import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Figure } from '../table.ts';

const PROGRAM = fileURLToPath(new URL('../../../../packages/executors/slow/brokers.ts', import.meta.url));
const TARGET = 0.5;

interface Measured {
  readonly name: string;
  readonly inFlight: number;
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
}

/** Messages of the executors beside their bare clients, in a process of their own; peers that are missing are named by it. */
export function executorFigures(options: { readonly rounds: number; readonly seconds: number }): Figure[] {
  const args = [PROGRAM, '--json', `--rounds=${options.rounds}`, `--seconds=${options.seconds}`];
  const text = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => figureOf(JSON.parse(line) as Measured));
}

function figureOf({ name, inFlight, ours, floor, ratio }: Measured): Figure {
  return {
    name: `messages by ${name}, ${inFlight} at a time`,
    ours: `${Math.round(ours)}/s`,
    floor: `${Math.round(floor)}/s bare client, same acknowledgement`,
    ratio,
    target: `≥ ${TARGET}`,
    met: ratio >= TARGET,
  };
}
