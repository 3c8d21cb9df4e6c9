import { flagLines } from '@dkron/config';
import { inheritedFlags, listed, ownFlags, pathOfCommand, type Located } from './command.ts';

/** Description and usage. */
export function helpOf(at: Located): string {
  return `${(at.command.description ?? at.command.summary).trimEnd()}\n\n${usageOf(at)}`;
}

/**
 * What can be typed after a command, laid out as the original does.
 *
 * @param withFlags - the original leaves the root's flags out where no command was found
 */
export function usageOf(at: Located, withFlags = true): string {
  const path = pathOfCommand(at);
  const { command } = at;
  const children = listed(command).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const lines = ['Usage:'];
  const words = (command.words ?? []).map((word) => ` ${word}`).join('');
  if (command.run !== undefined) lines.push(`  ${path}${words} [flags]`);
  if (children.length > 0) {
    lines.push(`  ${path} [command]`, '', 'Available Commands:');
    const width = Math.max(...children.map((child) => child.name.length), MIN_NAME_WIDTH);
    for (const child of children) lines.push(`  ${child.name.padEnd(width)} ${child.summary}`);
  }
  if (withFlags) lines.push('', 'Flags:', ...flagLines(ownFlags(at)));
  const inherited = inheritedFlags(at);
  if (inherited.length > 0) lines.push('', 'Global Flags:', ...flagLines(inherited));
  if (children.length > 0) lines.push('', `Use "${path} [command] --help" for more information about a command.`);
  return `${lines.join('\n')}\n`;
}

const MIN_NAME_WIDTH = 11;
