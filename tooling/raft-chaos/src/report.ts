import type { Cluster } from './cluster.ts';

const LOG_SHOWN = 4_000;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function countsText(counts: ReadonlyMap<string, number>): string {
  const parts = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}

/** Prints violations with the ends of the servers' logs, sets the exit code and ends the cluster. */
export async function conclude(
  name: string,
  violations: readonly string[],
  cluster: Cluster | undefined,
): Promise<void> {
  const failed = violations.length > 0;
  for (const violation of violations.slice(0, 30)) say(`VIOLATION ${violation}`);
  if (failed && cluster !== undefined) {
    for (const server of cluster.servers) say(`--- ${server.id}\n${server.log.slice(-LOG_SHOWN)}`);
    say(`--- folders are kept in ${cluster.dir}`);
  }
  await cluster?.close(failed);
  say(`${name}: ${failed ? `FAILED, ${violations.length} violations` : 'ok, 0 violations'}`);
  process.exitCode = failed ? 1 : 0;
}

/** @throws TypeError unless it is a whole number in the range */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new TypeError(`--${name} ${text}: whole numbers from ${least} to ${most} are allowed`);
  }
  return value;
}

/** @param sorted - ascending; `share` in [0, 1]. NaN of nothing */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
