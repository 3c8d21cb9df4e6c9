/** In how many packets a piece of news goes out, in a pool of `members`. */
export function retransmitLimit(mult: number, members: number): number {
  return mult * Math.ceil(Math.log10(members + 1));
}

/** Up to this many members, tables are exchanged at the plain interval. */
const PUSH_PULL_SCALE_FROM = 32;

/** Time between exchanges of whole tables: it grows with the pool so that their load does not. */
export function pushPullIntervalMs(intervalMs: number, members: number): number {
  if (members <= PUSH_PULL_SCALE_FROM) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(members) - Math.log2(PUSH_PULL_SCALE_FROM)) + 1);
}

/** Least time from suspicion to death. The factor is cut to thousandths, as the original computes it. */
export function suspicionMinMs(mult: number, members: number, probeIntervalMs: number): number {
  const scale = Math.max(1, Math.log10(Math.max(1, members)));
  return (mult * Math.floor(scale * 1000) * probeIntervalMs) / 1000;
}
