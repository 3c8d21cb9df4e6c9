import { messageOf } from '@dkron/runtime';
import type { RawValue } from './convert.ts';

/** A text that is none of its format. The message shows nothing of the text, which may hold secrets. */
export class FormatError extends Error {
  constructor(message: string, place?: { readonly line: number; readonly column: number }) {
    super(place === undefined ? message : `line ${place.line}, column ${place.column}: ${message}`);
    this.name = 'FormatError';
  }
}

export interface FileEntry {
  /** As written. */
  readonly key: string;
  readonly value: RawValue;
  /** From 1; 0 = not known. */
  readonly line: number;
}

/**
 * All parsers throw FormatError on a text that is none of their format, or not a map. Their libraries are loaded on first use, so
 * that commands without a file start fast.
 */
export async function parseYaml(text: string): Promise<FileEntry[]> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new FormatError(withoutSource(error.message), { line, column: col });
  }
  if (document.contents === null) return [];
  if (!isMap(document.contents)) throw new FormatError(NO_MAP);
  const values = jsOf(() => document.toJS({ maxAliasCount: 100 }));
  return document.contents.items.map(({ key }) => {
    const offset = isScalar(key) ? (key.range?.[0] ?? -1) : -1;
    const name = String(isScalar(key) ? key.value : key);
    return { key: name, value: values[name] as RawValue, line: offset < 0 ? 0 : lines.linePos(offset).line };
  });
}

/** Aliases that lead nowhere, or to too much. */
function jsOf(read: () => unknown): Record<string, RawValue> {
  try {
    return read() as Record<string, RawValue>;
  } catch (error) {
    throw new FormatError(withoutSource(messageOf(error)));
  }
}

export async function parseJson(text: string): Promise<FileEntry[]> {
  return entriesOf(await jsonOf(text), (key) => lineOf(text, new RegExp(`"${escape(key)}"\\s*:`)));
}

async function jsonOf(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { JsonSyntaxError, readJson } = await import('@dkron/jobs');
    try {
      readJson(text, { strict: true });
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      const bytes = Buffer.from(text);
      throw new FormatError(
        error.message,
        placeAt(bytes.subarray(0, (error.column ?? bytes.length + 1) - 1).toString()),
      );
    }
    throw new FormatError(withoutSource(messageOf(cause)));
  }
}

/** Of what follows this text. */
function placeAt(before: string): { readonly line: number; readonly column: number } {
  const lines = before.split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

export async function parseToml(text: string): Promise<FileEntry[]> {
  const { parse: read, TomlError } = await import('smol-toml');
  const parse = (toml: string): unknown => {
    try {
      return read(toml);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const [first = ''] = error.message.split('\n');
      throw new FormatError(withoutSource(first.replace(/^Invalid TOML document: /, '')), error);
    }
  };
  const start = (key: string): RegExp => new RegExp(`^\\s*(?:\\[\\s*)?["']?${escape(key)}["']?\\s*[=.\\]]`, 'm');
  return entriesOf(parse(text), (key) => lineOf(text, start(key)));
}

const NO_MAP = 'the file must be a map of settings';
/** With its quotes: a single character is no secret. */
const SHOWN_QUOTE_MAX = 3;
const DOTENV_LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/;

/** Lines `KEY=value`; keys cannot hold a dash, so most settings cannot be given this way, as in the original. */
export async function parseDotenv(text: string): Promise<FileEntry[]> {
  return text.split(/\r?\n/).flatMap((content, index) => {
    if (/^\s*(#|$)/.test(content)) return [];
    const match = DOTENV_LINE.exec(content);
    if (match === null) {
      throw new FormatError('no KEY=value, without dashes in the key', { line: index + 1, column: 1 });
    }
    const value = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    return [{ key: match[1] ?? '', value, line: index + 1 }];
  });
}

function entriesOf(value: unknown, line: (key: string) => number): FileEntry[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FormatError(NO_MAP);
  }
  return Object.entries(value as Record<string, RawValue>).map(([key, item]) => ({
    key,
    value: item,
    line: line(key),
  }));
}

/** Parsers quote what they stumble over. */
function withoutSource(message: string): string {
  return message
    .replace(/(?<=before the alias\)): .*$/s, '')
    .replaceAll(/:? *(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)/g, (quoted) =>
      quoted.replace(/^:? */, '').length <= SHOWN_QUOTE_MAX ? quoted : '',
    );
}

function lineOf(text: string, pattern: RegExp): number {
  const at = text.search(pattern);
  if (at < 0) return 0;
  // The match may begin on the blank lines before it.
  const found = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
  return text.slice(0, found).split('\n').length;
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
