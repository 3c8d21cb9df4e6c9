import { FlagError } from '@dkron/config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROGRAM } from '../tree.ts';
import { findCommand } from './find.ts';
import { readWords } from './read-call.ts';

describe('bad input ends in an error of the command line', () => {
  it('command lines of any words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'agent',
        'job',
        'run',
        'raft',
        '--',
        '-',
        '--server',
        '-f',
        '--tag',
        '-hx',
        '--output=',
        '=',
        '--=',
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (args) => {
        try {
          readWords(findCommand(PROGRAM, args));
        } catch (error) {
          expect(error).toBeInstanceOf(FlagError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
