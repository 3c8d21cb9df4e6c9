import { failAt } from './errors.ts';

/** A piece of an action. */
export interface Token {
  readonly kind: 'field' | 'variable' | 'word' | 'string' | 'number' | 'mark';
  /** `field`: dotted names without the first dot, `''` = the dot alone. `string`: its value. */
  readonly text: string;
  readonly line: number;
  /** Whether blanks stand before it: `a .B` is not `a.B`. */
  readonly spaced: boolean;
}

/** Text between actions, or the tokens of one action. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly line: number };

const OPEN = '{{';
const CLOSE = '}}';
const COMMENT = /^\/\*[^]*?\*\/(\s+-)?\}\}/;
const PARTS: readonly (readonly [kind: Token['kind'], pattern: RegExp])[] = [
  ['field', /\.(?:[\p{L}_][\p{L}\p{Nd}_]*(?:\.[\p{L}_][\p{L}\p{Nd}_]*)*)?/uy],
  ['variable', /\$[\p{L}\p{Nd}_]*/uy],
  ['number', /[+-]?(?:0[xX][\da-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)(?![\w.])/y],
  ['word', /[\p{L}_][\p{L}\p{Nd}_]*/uy],
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ['mark', /:=|[=|(),]/y],
];

/** Splits a template. @throws TemplateError `syntax` */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  const advance = (to: number): string => {
    const passed = text.slice(at, to);
    line += passed.split('\n').length - 1;
    at = to;
    return passed;
  };
  for (;;) {
    const open = text.indexOf(OPEN, at);
    const end = open === -1 ? text.length : open;
    const trimBefore = open !== -1 && /^-\s/.test(text.slice(open + 2, open + 4));
    const plain = advance(end);
    const left = trimNext ? plain.trimStart() : plain;
    const kept = trimBefore ? left.trimEnd() : left;
    if (kept !== '') pieces.push({ kind: 'text', text: kept });
    if (open === -1) return pieces;
    advance(open + (trimBefore ? 4 : 2));
    const comment = COMMENT.exec(text.slice(at));
    if (comment !== null) {
      trimNext = comment[1] !== undefined;
      advance(at + comment[0].length);
      continue;
    }
    const begin = line;
    const tokens: Token[] = [];
    for (;;) {
      const blanks = advance(at + /^\s*/.exec(text.slice(at, at + 10_000))![0].length);
      if (blanks !== '' && text.startsWith(`-${CLOSE}`, at)) {
        trimNext = true;
        advance(at + 3);
        break;
      }
      if (text.startsWith(CLOSE, at)) {
        trimNext = false;
        advance(at + 2);
        break;
      }
      if (at >= text.length) throw failAt('syntax', begin, 'unclosed action: }} is missing');
      const token = tokenAt(text, at, { line, spaced: blanks !== '' });
      tokens.push(token.token);
      advance(token.end);
    }
    pieces.push({ kind: 'action', tokens, line: begin });
  }
}

function tokenAt(
  text: string,
  at: number,
  place: { readonly line: number; readonly spaced: boolean },
): { readonly token: Token; readonly end: number } {
  if (text[at] === "'") throw failAt('unsupported', place.line, 'character constants are not supported; use "text"');
  for (const [kind, pattern] of PARTS) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) continue;
    // `.5` is a number, `.A` a field.
    if (kind === 'field' && found === '.' && /\d/.test(text[at + 1] ?? '')) continue;
    const value = kind === 'string' ? unquoted(found, place.line) : kind === 'field' ? found.slice(1) : found;
    return { token: { kind, text: value, ...place }, end: at + found.length };
  }
  const shown = text[at] === '"' || text[at] === '`' ? 'unterminated string' : `unexpected ${JSON.stringify(text[at])}`;
  throw failAt('syntax', place.line, shown);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

function unquoted(quoted: string, line: number): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner;
  return inner.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([^]))/g,
    (all, ...found) => {
      const [hex, short, long, octal, letter] = found as (string | undefined)[];
      const code = hex ?? short ?? long;
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (code !== undefined && Number.parseInt(code, 16) <= 0x10ffff)
        return String.fromCodePoint(Number.parseInt(code, 16));
      const plain = ESCAPES[letter ?? ''];
      if (plain === undefined) throw failAt('syntax', line, `unknown escape ${all}`);
      return plain;
    },
  );
}
