import { readdir, readFile } from 'node:fs/promises';

/** Resident bytes of a process group; 0 where there is no `/proc`. Never rejects. */
export async function groupMemoryBytes(group: number): Promise<number> {
  const names = await readdir('/proc').catch(() => []);
  const sizes = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((name) => memberBytes(name, String(group))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function memberBytes(pid: string, group: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // State, parent and group follow the name, which is in brackets and may hold brackets itself.
  if (stat.slice(stat.lastIndexOf(')') + 2).split(' ', 3)[2] !== group) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
