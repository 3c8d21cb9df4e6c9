/** Columns padded to their widest cell, two blanks between them; the last one is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(oneLine));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => [...(line[column] ?? '')].length)));
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === head.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - [...cell].length),
      )
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}

/** Control characters would break the table, or the terminal. */
function oneLine(cell: string): string {
  return cell.replaceAll(/\p{Cc}+/gu, ' ');
}

/** The second is what the original shows for jobs that never had a schedule. */
const NO_TIMES: ReadonlySet<string> = new Set(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z']);

/** A time of the API, `-` where there is none. */
export function timeCell(text: string | null | undefined): string {
  return text === null || text === undefined || NO_TIMES.has(text) ? '-' : text;
}
