import { inheritedFlags, listed, ownFlags, type Command } from '../command/command.ts';
import { findCommand } from '../command/find.ts';
import { COMPLETION_SCRIPTS } from './completion-scripts.ts';

/** What a shell does when nothing fits: 4 = nothing, 0 = offer files. */
const DIRECTIVES = {
  noFiles: ['4', 'ShellCompDirectiveNoFileComp'],
  files: ['0', 'ShellCompDirectiveDefault'],
} as const;

/** `dkron completion …`: scripts that ask `dkron __complete`. */
export const COMPLETION: Command = {
  name: 'completion',
  summary: 'Make the completion script of a shell',
  description: `Makes the script with which a shell completes commands and flags of dkron.

For bash, now: source <(dkron completion bash)`,
  children: Object.entries(COMPLETION_SCRIPTS).map(([name, script]) => ({
    name,
    summary: `Make the completion script of ${name}`,
    run: ({ io }) => {
      io.out(script);
      return 0;
    },
  })),
};

/** `dkron __complete WORDS… PART`: what PART could become, then the directive. */
export function completeCommand(root: () => Command): Command {
  return {
    name: '__complete',
    summary: 'Candidates for a word',
    hidden: true,
    raw: true,
    run: ({ args, io }) => {
      const part = args.at(-1) ?? '';
      const found = findCommand(root(), args.slice(0, -1));
      const children = listed(found.command).filter((child) => child.name !== '__complete');
      const words = part.startsWith('-')
        ? [...ownFlags(found), ...inheritedFlags(found)].map((flag) => [`--${flag.name}`, flag.help] as const)
        : children.map((child) => [child.name, child.summary] as const);
      const fitting = words.filter(([word]) => word.startsWith(part)).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const [number, name] = children.length > 0 || part.startsWith('-') ? DIRECTIVES.noFiles : DIRECTIVES.files;
      io.out(`${fitting.map(([word, help]) => `${word}\t${help}\n`).join('')}:${number}\n`);
      io.err(`Completion ended with directive: ${name}\n`);
      return 0;
    },
  };
}
