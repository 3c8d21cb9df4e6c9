import { parseArgs } from 'node:util';
import { CommandError } from '../errors.ts';
import { inheritedFlags, ownFlags, type Flag } from './command.ts';
import type { Found } from './find.ts';
import { allowedFor, flagProblem, splitList } from './flag-value.ts';
import { similar } from './suggest.ts';

export interface Words {
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];
}

/**
 * Takes flags and words apart.
 *
 * @throws CommandError in the original's words: unknown flag, missing or impossible value
 */
export function readWords(found: Found): Words {
  const known = new Map([...inheritedFlags(found), ...ownFlags(found)].map((flag) => [flag.name, flag]));
  const { tokens } = parseArgs({
    args: [...found.rest],
    options: Object.fromEntries([...known.values()].map((flag) => [flag.name, optionOf(flag)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, found.rest, [...known.keys()]);
    flags.set(flag.name, [...(flags.get(flag.name) ?? []), ...valuesOf(flag, token.rawName, token.value)]);
  }
  return { flags, args };
}

function optionOf(flag: Flag): { type: 'boolean' | 'string'; short?: string } {
  const type = flag.type === 'bool' ? 'boolean' : 'string';
  return flag.short === undefined ? { type } : { type, short: flag.short };
}

function valuesOf(flag: Flag, typed: string, value: string | undefined): readonly string[] {
  if (value === undefined && flag.type !== 'bool') {
    const short = typed.startsWith('--') ? typed : `'${typed.slice(1)}' in ${typed}`;
    throw new CommandError(`flag needs an argument: ${short}`);
  }
  const text = value ?? 'true';
  const problem = flagProblem(flag, text);
  if (problem !== undefined) {
    const hint = `--${flag.name}: ${JSON.stringify(text)} is not allowed, expected ${allowedFor(flag.type)}`;
    throw new CommandError(problem, 1, hint);
  }
  return flag.type === 'strings' ? splitList(text) : [text];
}

function unknownFlag(typed: string, words: readonly string[], known: readonly string[]): CommandError {
  if (typed.startsWith('--')) {
    const [meant] = similar(typed.slice(2), known);
    return new CommandError(`unknown flag: ${typed}`, 1, meant === undefined ? '' : `did you mean --${meant}?`);
  }
  const whole = words.find((word) => /^-[^-]/.test(word) && word.includes(typed.slice(1))) ?? typed;
  return new CommandError(`unknown shorthand flag: '${typed.slice(1)}' in ${whole}`);
}
