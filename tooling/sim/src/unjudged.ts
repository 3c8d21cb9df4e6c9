/** Largest share of histories that may take too long to be judged: what nobody judged was not found right. */
const MAX_SHARE = 0.005;

/** What is known of the histories of some runs. */
export interface Histories {
  readonly histories: number;
  readonly unknownHistories: number;
}

/** Sums up, as text and as a verdict. One of few may be given up. */
export function judgedHistories(runs: readonly Histories[]): { readonly text: string; readonly enough: boolean } {
  const all = runs.reduce((sum, { histories }) => sum + histories, 0);
  const unknown = runs.reduce((sum, { unknownHistories }) => sum + unknownHistories, 0);
  const enough = unknown <= Math.max(1, all * MAX_SHARE);
  return { text: `histories   ${all}, given up: ${unknown}${enough ? '' : ', which is too many'}`, enough };
}
