import { printf } from './printf.ts';
import { sliceBytes, utf8Bytes } from './utf8.ts';
import { isNumber, isObject, isTrue, textOf, typeOf, type Value } from './values.ts';

/** @throws Error for arguments that do not fit */
export type TemplateFunction = (args: readonly Value[]) => Value;

/** Go's predefined functions, and `json`, which writes a value as JSON: a text with its quotes. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  // `and` and `or` are evaluated by the caller as far as needed.
  ['and', (args) => args.find((one) => !isTrue(one)) ?? last(args)],
  ['or', (args) => args.find((one) => isTrue(one)) ?? last(args)],
  ['not', ([one = null]) => !isTrue(one)],
  ['eq', (args) => equalsAny(args)],
  ['ne', ([one = null, other = null]) => !equal(one, other)],
  ['lt', (args) => compared(args) < 0],
  ['le', (args) => compared(args) <= 0],
  ['gt', (args) => compared(args) > 0],
  ['ge', (args) => compared(args) >= 0],
  ['len', ([one = null]) => lengthOf(one)],
  ['slice', sliced],
  ['print', (args) => printed(args)],
  ['println', (args) => `${args.map(textOf).join(' ')}\n`],
  ['printf', ([format = null, ...args]) => printf(asText(format), args)],
  ['html', (args) => printed(args).replaceAll(/[&<>"']/g, (char) => HTML[char] ?? char)],
  ['js', (args) => jsText(printed(args))],
  ['urlquery', (args) => queryText(printed(args))],
  ['json', ([one = null]) => jsonText(one)],
]);

const HTML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

function last(args: readonly Value[]): Value {
  return args.at(-1) ?? null;
}

function equalsAny([one = null, ...others]: readonly Value[]): boolean {
  if (others.length === 0) throw new Error('missing argument for comparison');
  return others.some((other) => equal(one, other));
}

function equal(one: Value, other: Value): boolean {
  if (isNumber(one) && isNumber(other)) return Number(one) === Number(other) && bigOf(one) === bigOf(other);
  if (isObject(one) || isObject(other)) return typeOf(one) === typeOf(other) && textOf(one) === textOf(other);
  if (one !== null && other !== null && typeof one !== typeof other) {
    throw new Error(`incompatible types for comparison: ${typeOf(one)} and ${typeOf(other)}`);
  }
  return one === other;
}

function bigOf(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : Number.isInteger(value) ? BigInt(value) : 0n;
}

function compared([one = null, other = null]: readonly Value[]): number {
  const fits = (isNumber(one) && isNumber(other)) || (typeof one === 'string' && typeof other === 'string');
  if (!fits) throw new Error(`invalid types for comparison: ${typeOf(one)} and ${typeOf(other)}`);
  return one < other ? -1 : one > other ? 1 : 0;
}

function lengthOf(value: Value): number {
  if (typeof value !== 'string') throw new Error(`len of type ${typeOf(value)}`);
  return utf8Bytes(value).length;
}

/** By bytes, as Go does. */
function sliced([value = null, from = 0, to]: readonly Value[]): string {
  if (typeof value !== 'string') throw new Error(`can't slice item of type ${typeOf(value)}`);
  const size = utf8Bytes(value).length;
  const [begin, end] = [from, to ?? size].map((one) => {
    if (!isNumber(one)) throw new Error(`cannot index slice with type ${typeOf(one)}`);
    return Number(one);
  }) as [number, number];
  if (!(begin >= 0 && begin <= end && end <= size)) throw new Error(`slice index out of range: ${begin}:${end}`);
  return sliceBytes(value, begin, end);
}

/** Blanks between operands of which neither is a text. */
function printed(args: readonly Value[]): string {
  let text = '';
  args.forEach((one, i) => {
    const before = args[i - 1];
    if (i > 0 && typeof one !== 'string' && typeof before !== 'string') text += ' ';
    text += textOf(one);
  });
  return text;
}

function asText(value: Value): string {
  if (typeof value !== 'string') throw new Error(`wrong type for value; expected string; got ${typeOf(value)}`);
  return value;
}

function jsText(text: string): string {
  return text.replaceAll(/[\\'"<>&=\p{Cc}\u2028\u2029]/gu, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`;
    return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

function queryText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function jsonText(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  return JSON.stringify(isObject(value) ? textOf(value) : value);
}
