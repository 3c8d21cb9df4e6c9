/** When no server was up, as seen from outside; ms since 1970. */
export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The earliest tick that may still have been undecided at a moment: what fell due while nobody was up waits. */
export function undecidedSince(outages: readonly Outage[], atMs: number, decisionMs: number): number {
  let since = atMs - decisionMs;
  for (const { fromMs, toMs } of outages.toReversed()) {
    if (fromMs <= atMs && toMs >= since) since = Math.min(since, fromMs - decisionMs);
  }
  return since;
}
