import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Written to its standard input. */
  readonly input?: string;
}

export interface Ran {
  /** 0 = done; -1 = could not be started, or was ended by a signal or the time limit. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const KEPT = 16_777_216;

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = {}, timeoutMs = 600_000, input = '' } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...env } });
    // The limit that `spawn` knows goes on for a program that could not be started, and holds up the end of this one.
    const limit = setTimeout(() => child.kill(), timeoutMs);
    const end = (ran: Ran): void => {
      clearTimeout(limit);
      resolve(ran);
    };
    let out = '';
    let err = '';
    child.stdout.on('data', (text: Buffer) => (out = (out + text.toString()).slice(-KEPT)));
    child.stderr.on('data', (text: Buffer) => (err = (err + text.toString()).slice(-KEPT)));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', ({ message }) => end({ code: -1, out, err: message }));
    child.on('close', (code) => end({ code: code ?? -1, out, err }));
  });
}

/** The same of a program that must succeed. @returns what it printed @throws Error with the end of its words */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, out, err } = await run(program, args, options);
  if (code === 0) return out.trim();
  throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${`${out}\n${err}`.trim().slice(-4_000)}`);
}
