import { utf8Bytes } from './utf8.ts';
import { isNumber, isObject, textOf, typeOf, type Value } from './values.ts';

const WIDTH_MAX = 1_000;
const VERB = /%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** Go's verbs v s q d t x X f g e c, with flags, width and precision. */
export function printf(format: string, args: readonly Value[]): string {
  let next = 0;
  const text = format.replaceAll(
    VERB,
    (_, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const value = args[next++]!;
      const digits = precision === undefined ? undefined : Math.min(Number(precision), 100);
      return padded(
        one(verb, value, { digits, plus: flags.includes('+') }),
        flags,
        Math.min(Number(width ?? 0), WIDTH_MAX),
      );
    },
  );
  const extra = args.slice(next).map((value) => `${typeOf(value)}=${textOf(value)}`);
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

interface Form {
  readonly digits: number | undefined;
  readonly plus: boolean;
}

function one(verb: string, value: Value, { digits, plus }: Form): string {
  const wrong = `%!${verb}(${typeOf(value)}=${textOf(value)})`;
  switch (verb) {
    case 'v':
      return textOf(value);
    case 's':
      return typeof value === 'string' || isObject(value) ? textOf(value).slice(0, digits) : wrong;
    case 'q':
      return typeof value === 'string' || isObject(value) ? JSON.stringify(textOf(value)) : wrong;
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong;
    case 'd':
      return isWhole(value) ? signed(String(value), plus) : wrong;
    case 'x':
    case 'X': {
      const hex = isWhole(value) ? value.toString(16) : typeof value === 'string' ? bytesHex(value) : undefined;
      return hex === undefined ? wrong : verb === 'X' ? hex.toUpperCase() : hex;
    }
    case 'f':
    case 'e':
    case 'g': {
      if (!isNumber(value)) return wrong;
      const number = Number(value);
      if (verb === 'g')
        return signed(digits === undefined ? String(number) : String(Number(number.toPrecision(digits || 1))), plus);
      return signed(verb === 'f' ? number.toFixed(digits ?? 6) : number.toExponential(digits ?? 6), plus);
    }
    default:
      return wrong;
  }
}

function isWhole(value: Value): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
}

function signed(text: string, plus: boolean): string {
  return plus && !text.startsWith('-') ? `+${text}` : text;
}

function bytesHex(text: string): string {
  return utf8Bytes(text)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0')) return text.padStart(width);
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
