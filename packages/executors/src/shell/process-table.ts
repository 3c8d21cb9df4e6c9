import { readdir, readFile } from 'node:fs/promises';

/** What is known about memory in use. */
export interface ProcessTable {
  /** Resident bytes per process group: its members and all descendants of them. Never rejects; unknown groups lack. */
  residentBytes(groups: readonly number[]): Promise<Map<number, number>>;
}

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** Reads `/proc`. Elsewhere nothing is known and no limit is ever exceeded. */
export const procTable: ProcessTable = {
  async residentBytes(groups) {
    const rows = await readRows();
    const result = new Map<number, number>();
    for (const group of groups) {
      const sizes = await Promise.all(familyOf(group, rows).map(residentBytesOf));
      result.set(
        group,
        sizes.reduce((sum, size) => sum + size, 0),
      );
    }
    return result;
  },
};

async function readRows(): Promise<Row[]> {
  const names = await readdir('/proc').catch(() => []);
  const rows = await Promise.all(names.filter((name) => /^[0-9]+$/.test(name)).map(readRow));
  return rows.filter((row) => row !== undefined);
}

async function readRow(name: string): Promise<Row | undefined> {
  const text = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '');
  // State, parent and group follow the name, which is in brackets and may hold brackets itself.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', 3);
  return fields.length < 3 ? undefined : { pid: Number(name), parent: Number(fields[1]), group: Number(fields[2]) };
}

/** Members of the group, then children of what was found, until there are no more. */
function familyOf(group: number, rows: readonly Row[]): number[] {
  const children = new Map<number, number[]>();
  for (const row of rows) children.set(row.parent, [...(children.get(row.parent) ?? []), row.pid]);
  const found = new Set(rows.filter((row) => row.group === group).map((row) => row.pid));
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return [...found];
}

async function residentBytesOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kibibytes = /^VmRSS:\s+([0-9]+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024;
}
