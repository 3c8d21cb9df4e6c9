import type { Flag } from '@dkron/config';
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

function flagLines(flags: readonly Flag[]): string[] {
  const rows = flags.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((flag) => [headOf(flag), flag] as const);
  const width = Math.max(...rows.map(([head]) => head.length));
  return rows.map(([head, flag]) => `${head.padEnd(width)}   ${flag.help}${defaultOf(flag)}`);
}

function headOf(flag: Flag): string {
  const short = flag.short === undefined ? '      ' : `  -${flag.short}, `;
  return `${short}--${flag.name}${flag.type === 'bool' ? '' : ` ${flag.type}`}`;
}

/** Zero values are not shown. */
export function defaultOf(flag: Flag): string {
  const value = flag.default ?? '';
  if (['', 'false', '0', '[]', '0s'].includes(value)) return '';
  return flag.type === 'string' ? ` (default ${JSON.stringify(value)})` : ` (default ${value})`;
}
