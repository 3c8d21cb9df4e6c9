import type { Fields, Logger, LogLevel } from '../logger.ts';

export interface LogRecord {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Fields;
}

/** Keeps what was logged, children included, in one list. */
export class MemoryLogger implements Logger {
  readonly records: LogRecord[];
  readonly #base: Fields;

  constructor(records: LogRecord[] = [], base: Fields = {}) {
    this.records = records;
    this.#base = base;
  }

  child(fields: Fields): Logger {
    return new MemoryLogger(this.records, { ...this.#base, ...fields });
  }

  debug(event: string, fields?: Fields): void {
    this.#add('debug', event, fields);
  }

  info(event: string, fields?: Fields): void {
    this.#add('info', event, fields);
  }

  warn(event: string, fields?: Fields): void {
    this.#add('warn', event, fields);
  }

  error(event: string, fields?: Fields): void {
    this.#add('error', event, fields);
  }

  #add(level: LogLevel, event: string, fields: Fields = {}): void {
    this.records.push({ level, event, fields: { ...this.#base, ...fields } });
  }
}
