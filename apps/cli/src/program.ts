import { ConfigError, describeProblem, describeWarning, FlagError, similar } from '@dkron/config';
import { listed, pathOfCommand, type Command } from './command/command.ts';
import { findCommand, nextWord, type Found } from './command/find.ts';
import { helpOf, usageOf } from './command/help.ts';
import { readWords } from './command/read-call.ts';
import { CommandError, describeError } from './errors.ts';
import type { Io } from './io.ts';
import { PROGRAM } from './tree.ts';

/**
 * Runs one command line.
 *
 * @param args - without interpreter and script
 * @returns exit code: 0 done, 1 error, 2 the run ended unsuccessfully
 */
export async function runProgram(args: readonly string[], io: Io, root: Command = PROGRAM): Promise<number> {
  const found = findCommand(root, args);
  try {
    const unknown = unknownWord(found);
    if (unknown !== undefined) return refuseUnknown(found, unknown, io);
    const words = found.command.raw === true ? { flags: new Map(), args: found.rest } : readWords(found);
    const { command } = found;
    if (words.flags.has('help') || command.run === undefined) {
      io.out(helpOf(found));
      return 0;
    }
    const path = pathOfCommand(found);
    checkWords(command, words.args);
    return await command.run({ command, path, ...words, io });
  } catch (error) {
    return report(found, error, io);
  }
}

/** Groups of ours and the root know all their words; groups of the original answer with their help. */
function unknownWord(found: Found): string | undefined {
  const { command, rest, parents } = found;
  const strict = parents.length === 0 || command.words !== undefined;
  return strict && command.run === undefined ? rest[nextWord(found)] : undefined;
}

function refuseUnknown(found: Found, word: string, io: Io): number {
  const names = listed(found.command).map((child) => child.name);
  const meant = similar(word, names).map((name) => `\t${name}\n`);
  const hint = meant.length === 0 ? '' : `\n\nDid you mean this?\n${meant.join('')}`;
  const path = pathOfCommand(found);
  const message = `unknown command ${JSON.stringify(word)} for "${path}"${hint}`;
  io.err(`Error: ${message}\nRun '${path} --help' for usage.\n`);
  if (found.command.words === undefined) io.out(`${message}\n`);
  return 1;
}

function checkWords(command: Command, args: readonly string[]): void {
  if (command.words === undefined) return;
  const missing = command.words.filter((word) => word.startsWith('<'))[args.length];
  if (missing !== undefined) throw new CommandError(`${missing} is missing`);
  if (args.length > command.words.length) {
    throw new CommandError(`${JSON.stringify(args[command.words.length])} is one word too many`);
  }
}

function report(found: Found, error: unknown, io: Io): number {
  const message = describeError(error);
  const code = error instanceof CommandError ? error.exitCode : 1;
  if (found.command.words !== undefined) {
    io.err(`dkron: ${message}\n`);
  } else if (error instanceof ConfigError && error.problems[0]?.logged === true) {
    io.err(`dkron: ${message}\n`);
  } else {
    io.err(`Error: ${message}\n${usageOf(found)}\n`);
    io.out(`${message}\n`);
  }
  if ((error instanceof CommandError || error instanceof FlagError) && error.hint !== '')
    io.err(`dkron: ${error.hint}\n`);
  if (error instanceof ConfigError) {
    for (const warning of error.warnings) io.err(`dkron: ${describeWarning(warning)}\n`);
    for (const problem of error.problems) io.err(`dkron: ${describeProblem(problem)}\n`);
  }
  return code;
}
