import { formatRfc3339 } from '@dkron/cron';
import type { EpochNanos } from '@dkron/runtime';

const DAYS_DEFAULT = 30;
const DAYS_MAX = 365;
const DAY_NANOS = 86_400_000_000_000n;

/** The last UTC days as `YYYY-MM-DD`, oldest first, today last. A number that makes no sense means 30; at most 365. */
export function lastDays(nowNanos: EpochNanos, wanted: bigint | undefined): readonly string[] {
  const count = wanted === undefined || wanted <= 0n ? DAYS_DEFAULT : wanted > DAYS_MAX ? DAYS_MAX : Number(wanted);
  return Array.from({ length: count }, (_, i) =>
    formatRfc3339(nowNanos - BigInt(count - 1 - i) * DAY_NANOS).slice(0, 'YYYY-MM-DD'.length),
  );
}
