/** One figure: what was measured, the floor of the same run, their ratio and what is asked of it. */
export interface Figure {
  readonly name: string;
  readonly ours: string;
  readonly floor: string;
  readonly ratio: number;
  readonly target: string;
  readonly met: boolean;
}

/** A Markdown table of figures. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(
    (f) => `| ${f.name} | ${f.ours} | ${f.floor} | ${f.ratio.toFixed(2)} | ${f.target} | ${f.met ? 'yes' : '**no**'} |`,
  );
  return ['| Figure | Ours | Floor | Ratio | Target | Met |', '| --- | --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** The value below which `share` (0 … 1) of the samples lie. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
