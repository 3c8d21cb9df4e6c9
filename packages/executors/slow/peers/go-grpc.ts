/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Builds the server in `go-grpc`; undefined where there is no Go or no module proxy. */
export function goGrpcServer(): string | undefined {
  // Kept: a build from nothing takes half a minute.
  const folder = join(tmpdir(), `dkron-go-grpc-${process.getuid?.() ?? 0}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = join(folder, 'server');
  const cwd = join(import.meta.dirname, 'go-grpc');
  const { status } = spawnSync('go', ['build', '-buildvcs=false', '-o', program, '.'], { cwd, timeout: 120_000 });
  return status === 0 ? program : undefined;
}
