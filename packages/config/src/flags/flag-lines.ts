import type { Flag } from './flag.ts';

/** One line of help per flag, in their order of names, laid out as the original does. */
export function flagLines(flags: readonly Flag[]): string[] {
  const rows = flags.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((flag) => [headOf(flag), flag] as const);
  const width = Math.max(...rows.map(([head]) => head.length));
  return rows.map(([head, flag]) => `${head.padEnd(width)}   ${flag.help}${shownDefault(flag)}`);
}

/** How the help ends a flag's line; zero values are not shown. */
function shownDefault(flag: Flag): string {
  const value = flag.default ?? '';
  if (['', 'false', '0', '[]', '0s'].includes(value)) return '';
  return flag.type === 'string' ? ` (default ${JSON.stringify(value)})` : ` (default ${value})`;
}

function headOf(flag: Flag): string {
  const short = flag.short === undefined ? '      ' : `  -${flag.short}, `;
  return `${short}--${flag.name}${flag.type === 'bool' ? '' : ` ${flag.type}`}`;
}
