import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../src/program.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** Whether the program has registered for SIGTERM, as a node that runs does. */
  readonly terminable: () => boolean;
  /** Calls what the program registered for SIGTERM. */
  readonly terminate: () => void;
}

/** Runs the program in this process, with a home and working folder of its own. */
export function startProgram(
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>> = {},
  workingFolder = folder,
): Started {
  const before = new Set(process.listeners('SIGTERM'));
  let stdout = '';
  let stderr = '';
  const ended = runProgram(args, {
    env: { HOME: folder, ...env },
    workingFolder,
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
    stdin: () => Promise.resolve(''),
  }).then((code) => ({ code, stdout, stderr }));
  const added = (): NodeJS.SignalsListener[] =>
    process.listeners('SIGTERM').filter((listener) => !before.has(listener));
  const terminate = (): void => {
    for (const listener of added()) listener.call(process, 'SIGTERM');
  };
  return { ended, terminable: () => added().length > 0, terminate };
}

/** Waits until the node answers; false = the program ended before. */
export async function answers(url: string, { ended }: Started): Promise<boolean> {
  let over = false;
  void ended.finally(() => (over = true)).catch(() => undefined);
  for (let attempt = 0; attempt < 3_000; attempt += 1) {
    if (over) return false;
    const status = await fetch(`${url}/v1/leader`).then(
      (response) => response.status,
      () => 0,
    );
    if (status !== 0) return true;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  throw new Error(`${url} did not answer within a minute`);
}

/** Waits until a server that answers has looked for its cluster: only then it calls itself one. */
export async function isServer(url: string): Promise<boolean> {
  const { tags } = (await (await fetch(`${url}/v1`)).json()) as { readonly tags: Readonly<Record<string, string>> };
  return tags['server'] === 'true';
}

const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dkron-cli-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
