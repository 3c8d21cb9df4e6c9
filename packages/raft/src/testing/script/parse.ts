/** One command of a script. */
export interface ScriptCommand {
  readonly name: string;
  /** `key=value`; a value may be a list in parentheses. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Words without `=`, in order. */
  readonly words: readonly string[];
  /** Lines between the command and `----`. */
  readonly input: readonly string[];
  /** Number of the command's line, from 1. */
  readonly line: number;
}

/** A command with its place in the text, so that expectations can be rewritten. */
export interface ScriptBlock {
  /** What precedes the block: comments and blank lines. */
  readonly prefix: string;
  readonly command: ScriptCommand;
  /** The command's lines up to and including `----`. */
  readonly head: string;
  readonly expected: string;
}

const SEPARATOR = '----';

/**
 * Reads a script: blocks of a command, optional lines of input, a line `----` and the expected output up to a blank
 * line. Lines that begin with `#` are comments.
 */
export function parseScript(text: string): ScriptBlock[] {
  const lines = text.split('\n');
  const blocks: ScriptBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    while (at < lines.length && isFiller(lines[at]!)) at++;
    if (at >= lines.length) break;
    const prefix = lines.slice(start, at);
    const first = at;
    while (at < lines.length && lines[at] !== SEPARATOR) at++;
    if (at >= lines.length) throw new TypeError(`line ${first + 1}: the command must be followed by ${SEPARATOR}`);
    const head = lines.slice(first, at + 1);
    at++;
    const body = at;
    while (at < lines.length && lines[at] !== '') at++;
    blocks.push({
      prefix: prefix.map((line) => `${line}\n`).join(''),
      command: parseCommand(head, first + 1),
      head: head.map((line) => `${line}\n`).join(''),
      expected: lines
        .slice(body, at)
        .map((line) => `${line}\n`)
        .join(''),
    });
  }
  return blocks;
}

function isFiller(line: string): boolean {
  return line === '' || line.startsWith('#');
}

function parseCommand(head: readonly string[], line: number): ScriptCommand {
  const words: string[] = [];
  const options = new Map<string, readonly string[]>();
  for (const token of head[0]!.match(/[^\s=]+=\([^)]*\)|\([^)]*\)|\S+/g) ?? []) {
    const equals = token.indexOf('=');
    if (equals < 0) words.push(...list(token));
    else options.set(token.slice(0, equals), list(token.slice(equals + 1)));
  }
  const [name = '', ...rest] = words;
  return { name, options, words: rest, input: head.slice(1, -1), line };
}

function list(text: string): string[] {
  const inner = text.startsWith('(') ? text.slice(1, -1) : text;
  return inner.split(/[\s,]+/).filter((word) => word !== '');
}
