import type { Fields, Logger } from '@dkron/runtime';

/** Writes lines of hclog, which hosts read as entries of their own log. */
export function hclogLogger(write: (line: string) => void, base: Fields = {}): Logger {
  const log =
    (level: string) =>
    (event: string, fields: Fields = {}): void => {
      const timestamp = new Date().toISOString().replace('Z', '000Z');
      const more = Object.fromEntries(
        Object.entries({ ...base, ...fields }).map(([key, value]) => [key, plain(value)]),
      );
      write(`${JSON.stringify({ ...more, '@level': level, '@message': event, '@timestamp': timestamp })}\n`);
    };
  return {
    child: (fields) => hclogLogger(write, { ...base, ...fields }),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  };
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? String(value) : value;
}
