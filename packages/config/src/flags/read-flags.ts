import { parseArgs } from 'node:util';
import type { Flag } from './flag.ts';
import { allowedFor, flagProblem, splitList } from './flag-value.ts';
import { similar } from './suggest.ts';

/** What was typed: values of each given flag in their order, and the words that are no flags. */
export interface Words {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];
}

/** A flag that is unknown, lacks its value, or has an impossible one. The message is the original's. */
export class FlagError extends Error {
  /** What to type instead; `''` = nothing is known. */
  readonly hint: string;

  constructor(message: string, hint = '') {
    super(message);
    this.name = 'FlagError';
    this.hint = hint;
  }
}

/**
 * Takes flags and words apart.
 *
 * @throws FlagError
 */
export function readFlags(typed: readonly string[], flags: readonly Flag[]): Words {
  const known = new Map(flags.map((flag) => [flag.name, flag]));
  const { tokens } = parseArgs({
    args: [...typed],
    options: Object.fromEntries(flags.map((flag) => [flag.name, optionOf(flag)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, typed, [...known.keys()]);
    given.set(flag.name, [...(given.get(flag.name) ?? []), ...valuesOf(flag, token.rawName, token.value)]);
  }
  return { flags: given, args };
}

function optionOf(flag: Flag): { type: 'boolean' | 'string'; short?: string } {
  const type = flag.type === 'bool' ? 'boolean' : 'string';
  return flag.short === undefined ? { type } : { type, short: flag.short };
}

function valuesOf(flag: Flag, typed: string, value: string | undefined): readonly string[] {
  if (value === undefined && flag.type !== 'bool') {
    const short = typed.startsWith('--') ? typed : `'${typed.slice(1)}' in ${typed}`;
    throw new FlagError(`flag needs an argument: ${short}`);
  }
  const text = value ?? 'true';
  const problem = flagProblem(flag, text);
  if (problem !== undefined) {
    const hint = `--${flag.name}: ${JSON.stringify(text)} is not allowed, expected ${allowedFor(flag.type)}`;
    throw new FlagError(problem, hint);
  }
  return flag.type === 'strings' ? splitList(text) : [text];
}

function unknownFlag(typed: string, words: readonly string[], known: readonly string[]): FlagError {
  if (typed.startsWith('--')) {
    const [meant] = similar(typed.slice(2), known);
    return new FlagError(`unknown flag: ${typed}`, meant === undefined ? '' : `did you mean --${meant}?`);
  }
  const whole = words.find((word) => /^-[^-]/.test(word) && word.includes(typed.slice(1))) ?? typed;
  return new FlagError(`unknown shorthand flag: '${typed.slice(1)}' in ${whole}`);
}
