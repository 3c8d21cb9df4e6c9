import type { Flag } from '@dkron/config';
import {
  inheritedFlags,
  listed,
  ownFlags,
  pathOfCommand,
  walk,
  type Command,
  type Located,
} from '../command/command.ts';
import { NOTICE } from './notice.ts';

/** `docs/reference/cli.md` */
export function cliReference(root: Command): string {
  const commands = [...walk({ command: root, parents: [] })];
  const overview = commands
    .filter(({ command }) => command.run !== undefined)
    .map((at) => `| [\`${usageLine(at)}\`](#${anchor(pathOfCommand(at))}) | ${cell(at.command.summary)} |`);
  return [
    `# Command line\n\n${NOTICE}`,
    INTRODUCTION,
    ['| Command | Does |', '|---|---|', ...overview].join('\n'),
    ...commands.map(section),
  ]
    .join('\n\n')
    .concat('\n');
}

const INTRODUCTION = `Each setting of \`dkron agent\` has a page of its own: [configuration](configuration.md).

Results go to standard output, messages to standard error. Exit codes: 0 done; 1 error; 2 the run that was asked for
ended unsuccessfully. The original's commands (\`agent\`, \`completion\`, \`doc\`, \`help\`, \`keygen\`, \`leave\`, \`raft\`,
\`version\`) ignore words they do not know and print their errors on both outputs, as it does; the others refuse such
words.`;

function section(at: Located): string {
  const { command } = at;
  const path = pathOfCommand(at);
  const parts = [`## ${path}`, withExamples(command.description ?? `${command.summary}.`)];
  if (command.run !== undefined) parts.push(`\`\`\`\n${usageLine(at)} [flags]\n\`\`\``);
  const children = listed(command);
  if (children.length > 0) {
    const links = children.map((child) => `[\`${child.name}\`](#${anchor(`${path} ${child.name}`)})`);
    parts.push(`Commands: ${links.join(', ')}.`);
  }
  if (path === 'dkron agent') {
    parts.push('The flags are the settings of [configuration](configuration.md), and `--config`: the file to read.');
    return parts.join('\n\n');
  }
  const flags = [...ownFlags(at), ...(command.run === undefined ? [] : inheritedFlags(at))].filter(
    (flag) => flag.name !== 'help',
  );
  if (path === 'dkron config check') parts.push('It takes all flags of `dkron agent`, and:');
  const shown = path === 'dkron config check' ? flags.filter((flag) => flag.name === 'output') : flags;
  if (shown.length > 0 && command.run !== undefined) parts.push(flagTable(shown));
  return parts.join('\n\n');
}

/** Lines set in by two blanks are what to type. */
function withExamples(text: string): string {
  return text.replaceAll(/(?:^ {2}\S.*(?:\n|$))+/gm, (lines) => {
    const commands = lines.trimEnd().replaceAll(/^ {2}/gm, '');
    return `\`\`\`sh\n${commands}\n\`\`\`${lines.endsWith('\n') ? '\n' : ''}`;
  });
}

function usageLine({ command, parents }: Located): string {
  return [pathOfCommand({ command, parents }), ...(command.words ?? [])].join(' ');
}

function flagTable(flags: readonly Flag[]): string {
  const rows = flags.map((flag) => {
    const short = flag.short === undefined ? '' : `\`-${flag.short}\`, `;
    const value = flag.type === 'bool' ? '' : ` ${flag.type}`;
    const fallback = flag.default === undefined || flag.default === 'false' ? '' : `\`${flag.default}\``;
    return `| ${short}\`--${flag.name}${value}\` | ${fallback} | ${cell(flag.help)} |`;
  });
  return ['| Flag | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

function anchor(path: string): string {
  return path.replaceAll(' ', '-').replaceAll(/[<>]/g, '');
}

/** A bar ends a cell. */
export function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
