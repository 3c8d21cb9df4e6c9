import type { Clock } from '../time.ts';

/** Below a microsecond, `performance.timeOrigin` is noise: nanoseconds come from milliseconds with three decimals. */
function wallNanos(): bigint {
  const ms = performance.timeOrigin + performance.now();
  const wall = Date.now();
  // A stepped system clock moves Date but not performance: follow Date, keep the sub-millisecond part.
  const base = Math.abs(ms - wall) < 1 ? ms : wall + (ms - Math.floor(ms));
  const whole = Math.floor(base);
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((base - whole) * 1_000_000));
}

/** The clocks of this machine. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  wallNanos,
  monotonicMs: () => performance.now(),
};
