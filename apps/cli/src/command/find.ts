import type { Flag } from '@dkron/config';
import { inheritedFlags, ownFlags, type Command, type Located } from './command.ts';

export interface Found extends Located {
  /** What is left for it, names of commands taken out. */
  readonly rest: readonly string[];
}

/** Follows the names of commands among the words; flags and their values may stand between them. */
export function findCommand(root: Command, args: readonly string[]): Found {
  let found: Found = { command: root, parents: [], rest: args };
  for (;;) {
    const at = nextWord(found);
    const child = found.command.children?.find((one) => one.name === found.rest[at]);
    if (child === undefined) return found;
    found = {
      command: child,
      parents: [...found.parents, found.command],
      rest: found.rest.filter((_, index) => index !== at),
    };
  }
}

/** Position of the first word that is neither a flag nor a flag's value; -1 = none. */
export function nextWord(found: Found): number {
  const flags = [...ownFlags(found), ...inheritedFlags(found)];
  for (let index = 0; index < found.rest.length; index += 1) {
    const word = found.rest[index] ?? '';
    if (word === '--') return -1;
    if (!word.startsWith('-') || word === '-') return index;
    if (takesNext(word, flags)) index += 1;
  }
  return -1;
}

/** Of a flag nobody knows the next word is taken for its value. */
function takesNext(word: string, flags: readonly Flag[]): boolean {
  if (word.includes('=')) return false;
  const name = word.replace(/^--?/, '');
  const flag = flags.find((one) => (word.startsWith('--') ? one.name === name : one.short === name));
  return flag?.type !== 'bool' && (word.startsWith('--') || name.length === 1);
}
