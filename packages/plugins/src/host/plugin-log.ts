import type { Fields, Logger, LogLevel, Timers } from '@dkron/runtime';

export interface PluginLogModules {
  readonly logger: Logger;
  readonly timers: Timers;
}

/** Longer lines come in pieces. */
const LINE_BYTES_MAX = 65_536;
const LINES_PER_SECOND = 500;
const LAST_WORDS_CHARS = 300;

const NAMED = /^\[(TRACE|DEBUG|INFO|WARN|ERROR)\]/;
const FATAL = /^(panic|fatal error): /;
const LEVELS: Readonly<Record<string, LogLevel | 'trace'>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
};

/**
 * What a plugin's process prints, as lines of the host's log: entries of hclog with their level and fields, marked lines
 * with their level, everything from a panic on as errors, the rest as debug. Too many lines are counted, not kept.
 */
export class PluginLog {
  readonly #logger: Logger;
  readonly #timers: Timers;
  readonly #lines: Record<'stdout' | 'stderr', LineBuffer>;
  #isPanic = false;
  #lastWords = '';
  #budget = LINES_PER_SECOND;
  #dropped = 0;
  #refill: (() => void) | undefined;

  constructor({ logger, timers }: PluginLogModules) {
    this.#logger = logger;
    this.#timers = timers;
    this.#lines = {
      stdout: new LineBuffer((text) => this.#say('debug', text)),
      stderr: new LineBuffer((text, isWhole) => this.#stderrLine(text, isWhole)),
    };
  }

  /** What was said last, preferably of an error. */
  get lastWords(): string {
    return this.#lastWords;
  }

  stdout(bytes: Uint8Array): void {
    this.#lines.stdout.push(bytes);
  }

  stderr(bytes: Uint8Array): void {
    this.#lines.stderr.push(bytes);
  }

  /** What has no end of line is told, too. */
  end(): void {
    this.#lines.stdout.end();
    this.#lines.stderr.end();
    this.#refill?.();
    this.#tellDropped();
  }

  #stderrLine(text: string, isWhole: boolean): void {
    if (text.trim() === '') return;
    if (!isWhole) return this.#say('debug', text);
    const entry = hclogEntry(text);
    if (entry) {
      if (entry.level === 'error') this.#remember(entry.message);
      if (entry.level !== 'trace') this.#say(entry.level, entry.message, entry.fields);
      return;
    }
    const isFirstOfPanic = !this.#isPanic && FATAL.test(text);
    this.#isPanic ||= isFirstOfPanic;
    // The first line of a panic says why, those after it where.
    if (isFirstOfPanic || !this.#isPanic) this.#remember(text);
    const level = this.#isPanic ? 'error' : LEVELS[NAMED.exec(text)?.[1]?.toLowerCase() ?? 'debug']!;
    if (level !== 'trace') this.#say(level, text);
  }

  #remember(text: string): void {
    this.#lastWords = text.trim().slice(0, LAST_WORDS_CHARS);
  }

  #say(level: LogLevel, text: string, fields: Fields = {}): void {
    this.#refill ??= this.#timers.after(1_000, () => {
      this.#refill = undefined;
      this.#budget = LINES_PER_SECOND;
      this.#tellDropped();
    });
    if (this.#budget <= 0) {
      this.#dropped += 1;
      return;
    }
    this.#budget -= 1;
    this.#logger[level](text, fields);
  }

  #tellDropped(): void {
    if (this.#dropped > 0) this.#logger.warn('plugin: prints too much, lines left out', { lines: this.#dropped });
    this.#dropped = 0;
  }
}

function hclogEntry(
  text: string,
): { readonly level: LogLevel | 'trace'; readonly message: string; readonly fields: Fields } | undefined {
  if (!text.startsWith('{')) return undefined;
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { '@message': message, '@level': name, '@timestamp': timestamp, ...more } = found as Record<string, unknown>;
  const level = typeof name === 'string' ? LEVELS[name.toLowerCase()] : undefined;
  if (typeof message !== 'string' || level === undefined) return undefined;
  const fields: [string, unknown][] = Object.entries(more).map(([key, value]) => [key.replace(/^@/, ''), value]);
  return { level, message, fields: { ...(Object.fromEntries(fields) as Fields), timestamp } };
}

/** Lines of bytes that come in pieces. */
class LineBuffer {
  readonly #take: (text: string, isWhole: boolean) => void;
  #rest = Buffer.alloc(0);
  #isPiece = false;

  constructor(take: (text: string, isWhole: boolean) => void) {
    this.#take = take;
  }

  push(bytes: Uint8Array): void {
    let from = 0;
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
      this.#add(bytes.subarray(from, at));
      this.#flush(!this.#isPiece);
      this.#isPiece = false;
      from = at + 1;
    }
    this.#add(bytes.subarray(from));
  }

  end(): void {
    if (this.#rest.length > 0) this.#flush(!this.#isPiece);
  }

  #add(bytes: Uint8Array): void {
    let left = bytes;
    while (this.#rest.length + left.length > LINE_BYTES_MAX) {
      const room = LINE_BYTES_MAX - this.#rest.length;
      this.#rest = Buffer.concat([this.#rest, left.subarray(0, room)]);
      left = left.subarray(room);
      this.#isPiece = true;
      this.#flush(false);
    }
    if (left.length > 0) this.#rest = Buffer.concat([this.#rest, left]);
  }

  #flush(isWhole: boolean): void {
    const text = this.#rest.toString().replace(/\r$/, '');
    this.#rest = Buffer.alloc(0);
    this.#take(text, isWhole);
  }
}
