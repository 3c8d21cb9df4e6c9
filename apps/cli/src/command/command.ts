import type { Flag } from '@dkron/config';
import type { Io } from '../io.ts';

/** What was typed: values of each given flag in their order, and the words that are no flags. */
export interface Call {
  readonly command: Command;
  /** `dkron job list` */
  readonly path: string;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly args: readonly string[];
  readonly io: Io;
}

/** One command of the program; the tree of them is what help, completion and the reference are made from. */
export interface Command {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Paragraphs of the help; absent = the summary. */
  readonly description?: string;
  readonly flags?: readonly Flag[];
  /** Flags of this command and all below it. */
  readonly sharedFlags?: readonly Flag[];
  readonly children?: readonly Command[];
  /** Not listed. */
  readonly hidden?: true;
  /**
   * Words it takes. Absent on the original's commands: they ignore words they do not know, and print errors with
   * their usage, on both outputs. Commands with this print errors on standard error only.
   */
  readonly words?: readonly string[];
  /** Everything after the name is its words, flags too. */
  readonly raw?: true;
  /** @returns exit code */
  readonly run?: (call: Call) => number | Promise<number>;
}

const HELP: Flag = { name: 'help', short: 'h', type: 'bool', help: '' };

/** A command where it stands: with its parents, the root first. */
export interface Located {
  readonly command: Command;
  readonly parents: readonly Command[];
}

export function pathOfCommand({ command, parents }: Located): string {
  return [...parents, command].map((one) => one.name).join(' ');
}

/** The flags only this command has. */
export function ownFlags({ command }: Pick<Located, 'command'>): readonly Flag[] {
  const help = { ...HELP, help: `help for ${command.name}` };
  return [...(command.flags ?? []), ...(command.sharedFlags ?? []), help];
}

/** The flags it has from its parents. */
export function inheritedFlags({ parents }: Located): readonly Flag[] {
  return parents.flatMap((parent) => parent.sharedFlags ?? []);
}

export function listed(command: Command): readonly Command[] {
  return (command.children ?? []).filter((child) => child.hidden !== true);
}

/** All commands, each before those below it. */
export function* walk(at: Located): Generator<Located> {
  yield at;
  for (const child of listed(at.command)) {
    yield* walk({ command: child, parents: [...at.parents, at.command] });
  }
}
