import type { Fields, Logger, LogLevel } from '../logger.ts';

/** What is written, how and where to; all have defaults. */
export interface ConsoleLoggerOptions {
  /** Lowest level that is written. @default 'info' */
  readonly level?: LogLevel;
  /** `text`: `time="…" level=info msg="…" key=value`, the original's form; `json`: one object per line. @default 'text' */
  readonly format?: 'text' | 'json';
  /** Takes one finished line with its newline. @default standard error */
  readonly write?: (line: string) => void;
}

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const LEVEL_NAMES: Readonly<Record<LogLevel, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
};

/** Writes one line per event to standard error. */
export function consoleLogger(options: ConsoleLoggerOptions = {}): Logger {
  const threshold = ORDER[options.level ?? 'info'];
  const format = options.format === 'json' ? jsonLine : textLine;
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const make = (base: Fields): Logger => {
    const log =
      (level: LogLevel) =>
      (event: string, fields?: Fields): void => {
        if (ORDER[level] >= threshold) write(format(level, event, fields ? { ...base, ...fields } : base));
      };
    return {
      child: (fields) => make({ ...base, ...fields }),
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
    };
  };
  return make({});
}

function jsonLine(level: LogLevel, event: string, fields: Fields): string {
  const head = { time: new Date().toISOString(), level: LEVEL_NAMES[level], msg: event };
  return `${toJson({ ...head, ...fields }, head)}\n`;
}

function textLine(level: LogLevel, event: string, fields: Fields): string {
  let line = `time="${new Date().toISOString()}" level=${LEVEL_NAMES[level]} msg=${JSON.stringify(event)}`;
  for (const [key, value] of Object.entries(fields)) line += ` ${key}=${quote(plain(value))}`;
  return `${line}\n`;
}

/** Never throws: a line that cannot be written must not end the program that tells of it. */
function toJson(value: unknown, otherwise?: object): string {
  try {
    return JSON.stringify(value, (_key, inner: unknown) => plain(inner)) ?? 'undefined';
  } catch (error) {
    return JSON.stringify({ ...otherwise, unwritable: String(error) });
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return value.stack ?? value.message;
  return value;
}

function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value);
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}
