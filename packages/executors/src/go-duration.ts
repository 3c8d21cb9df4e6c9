const UNIT_NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  'µs': 1e3,
  'μs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
/** 2^63 - 1 nanoseconds, about 292 years: what the original's type holds. */
const NANOS_MAX = 2 ** 63;

/** Milliseconds, with fraction, of a duration such as `1m30s` or `250ms`; undefined when the text is none. */
export function parseDurationMs(text: string): number | undefined {
  const negative = text.startsWith('-');
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  let nanos = 0;
  PART.lastIndex = 0;
  let end = 0;
  for (let match = PART.exec(body); match; match = PART.exec(body)) {
    nanos += Number(match[1]) * (UNIT_NANOS[match[2] as string] as number);
    end = PART.lastIndex;
  }
  if (end === 0 || end !== body.length || nanos >= NANOS_MAX) return undefined;
  return (negative ? -nanos : nanos) / 1e6;
}

/** A duration as the original prints it: `1.5s`, `2m0s`, `1h0m30s`, `250ms`. */
export function formatDuration(durationMs: number): string {
  const nanos = Math.round(Math.abs(durationMs) * 1e6);
  const sign = durationMs < 0 && nanos > 0 ? '-' : '';
  if (nanos === 0) return '0s';
  if (nanos < 1e3) return `${sign}${nanos}ns`;
  if (nanos < 1e6) return `${sign}${nanos / 1e3}µs`;
  if (nanos < 1e9) return `${sign}${nanos / 1e6}ms`;
  const totalSeconds = Math.floor(nanos / 1e9);
  const fraction = String(nanos % 1e9).padStart(9, '0').replace(/0+$/, '');
  const seconds = `${totalSeconds % 60}${fraction ? `.${fraction}` : ''}s`;
  const minutes = Math.floor(totalSeconds / 60);
  if (minutes === 0) return sign + seconds;
  return minutes < 60 ? `${sign}${minutes}m${seconds}` : `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
