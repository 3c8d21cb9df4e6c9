/** From the most talkative to the least. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** Names and values that go with an event; values are turned into text by the logger. */
export type Fields = Readonly<Record<string, unknown>>;

/** Structured log. `event` is a fixed sentence; what varies goes into `fields`. */
export interface Logger {
  child(fields: Fields): Logger;
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

const ignore = (): void => {};

/** Drops everything. */
export const silentLogger: Logger = {
  child: () => silentLogger,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
};
