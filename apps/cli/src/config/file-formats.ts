import type { RawValue } from './convert.ts';

export interface FileEntry {
  /** As written. */
  readonly key: string;
  readonly value: RawValue;
  /** From 1; 0 = not known. */
  readonly line: number;
}

/**
 * All parsers throw on a text that is none of their format, or not a map. Their libraries are loaded on first use, so
 * that commands without a file start fast.
 */
export async function parseYaml(text: string): Promise<FileEntry[]> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message);
  if (document.contents === null) return [];
  if (!isMap(document.contents)) throw new Error('the file must be a map of settings');
  const values = document.toJS({ maxAliasCount: 100 }) as Record<string, RawValue>;
  return document.contents.items.map(({ key }) => {
    const offset = isScalar(key) ? (key.range?.[0] ?? -1) : -1;
    const name = String(isScalar(key) ? key.value : key);
    return { key: name, value: values[name] as RawValue, line: offset < 0 ? 0 : lines.linePos(offset).line };
  });
}

export async function parseJson(text: string): Promise<FileEntry[]> {
  return entriesOf(JSON.parse(text), (key) => lineOf(text, new RegExp(`"${escape(key)}"\\s*:`)));
}

export async function parseToml(text: string): Promise<FileEntry[]> {
  const { parse } = await import('smol-toml');
  const start = (key: string): RegExp => new RegExp(`^\\s*(?:\\[\\s*)?["']?${escape(key)}["']?\\s*[=.\\]]`, 'm');
  return entriesOf(parse(text), (key) => lineOf(text, start(key)));
}

const DOTENV_LINE = /^\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*$/;

/** Lines `KEY=value`; keys cannot hold a dash, so most settings cannot be given this way, as in the original. */
export async function parseDotenv(text: string): Promise<FileEntry[]> {
  return text.split(/\r?\n/).flatMap((content, index) => {
    if (/^\s*(#|$)/.test(content)) return [];
    const match = DOTENV_LINE.exec(content);
    if (match === null) throw new Error(`line ${index + 1} is not KEY=value, without dashes in the key`);
    const value = (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2');
    return [{ key: match[1] ?? '', value, line: index + 1 }];
  });
}

function entriesOf(value: unknown, line: (key: string) => number): FileEntry[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('the file must be a map of settings');
  }
  return Object.entries(value as Record<string, RawValue>).map(([key, item]) => ({
    key,
    value: item,
    line: line(key),
  }));
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
