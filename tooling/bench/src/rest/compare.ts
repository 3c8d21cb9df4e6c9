import { loadavg } from 'node:os';
import type { Figure } from '../table.ts';
import { median } from '../table.ts';
import type { Measured } from './load.ts';

const ROUNDS = 3;

export interface Comparison {
  readonly name: string;
  readonly target: number;
  readonly floor: () => Promise<Measured>;
  readonly ours: () => Promise<Measured>;
}

/** floor, ours, floor, ours … floor: each round of ours counts against the mean of the floors before and after it. */
export async function compare({ name, target, floor, ours }: Comparison): Promise<Figure> {
  const rounds: { readonly ours: Measured; readonly floor: Measured; readonly ratio: number }[] = [];
  let before = await floor();
  for (let round = 0; round < ROUNDS; round++) {
    const measured = await ours();
    const after = await floor();
    rounds.push({ ours: measured, floor: after, ratio: (2 * measured.rate) / (before.rate + after.rate) });
    before = after;
  }
  const ratios = rounds.map((round) => round.ratio);
  const ratio = median(ratios);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  return {
    name: `${name} (ratios ${spread}, load ${loadavg()[0]?.toFixed(1)})`,
    ours: costOf(rounds.map((round) => round.ours)),
    floor: costOf(rounds.map((round) => round.floor)),
    ratio,
    target: `≥ ${target}`,
    met: ratio >= target,
  };
}

function costOf(all: readonly Measured[]): string {
  const [rate, cpu, p99] = [
    median(all.map((one) => one.rate)),
    median(all.map((one) => one.serverCpuUs)),
    median(all.map((one) => one.p99Ms)),
  ];
  return `${Math.round(rate).toLocaleString('en')}/s, ${cpu.toFixed(cpu < 100 ? 1 : 0)} µs CPU, p99 ${p99.toFixed(1)} ms`;
}
