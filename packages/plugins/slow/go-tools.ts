import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('../../../examples/go-plugin', import.meta.url));

export interface GoTools {
  /** Folder with `dkron-executor-demo` and `dkron-processor-demo`. */
  readonly plugins: string;
  /** A host in Go. */
  readonly host: string;
}

/** Builds the examples in Go; undefined, and a line that says so, where there is no Go or no module proxy. */
export function buildGoTools(): GoTools | undefined {
  // Kept: a build from nothing takes a minute.
  const folder = join(tmpdir(), `dkron-go-plugin-${process.getuid?.() ?? 0}`);
  const plugins = join(folder, 'plugins');
  try {
    mkdirSync(plugins, { recursive: true, mode: 0o700 });
    const build = (to: string, packages: string[]): unknown =>
      execFileSync('go', ['build', '-buildvcs=false', '-o', to, ...packages], { cwd: SOURCE, stdio: 'pipe' });
    build(plugins, ['./dkron-executor-demo', './dkron-processor-demo']);
    build(join(folder, 'host'), ['./host']);
    return { plugins, host: join(folder, 'host') };
  } catch (error) {
    process.stderr.write(`plugins in Go are not tried: ${String(error).split('\n').slice(0, 3).join(' ')}\n`);
    return undefined;
  }
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function ran(program: string, args: readonly string[], stdin = '', env = process.env): Promise<Ran> {
  const child = spawn(program, args, { stdio: 'pipe', env });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => (out[name] += bytes.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...out };
}
