import { readFlags, type Words } from '@dkron/config';
import { inheritedFlags, ownFlags } from './command.ts';
import type { Found } from './find.ts';

/**
 * Takes the flags and words of a command apart.
 *
 * @throws FlagError in the original's words: unknown flag, missing or impossible value
 */
export function readWords(found: Found): Words {
  return readFlags(found.rest, [...inheritedFlags(found), ...ownFlags(found)]);
}
