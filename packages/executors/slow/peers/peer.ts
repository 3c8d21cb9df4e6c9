/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Whether a program of Debian is here; installs it when we are root and apt answers soon. */
export function debianProgram(program: string, packageName: string): boolean {
  const found = (): boolean =>
    (process.env['PATH'] ?? '').split(':').some((dir) => existsSync(`${dir}/${program}`)) ||
    existsSync(`/usr/sbin/${program}`);
  if (found()) return true;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args: string[], timeout: number): boolean =>
    spawnSync('apt-get', args, { stdio: 'ignore', env, timeout }).status === 0;
  const install = ['install', '-y', '-qq', '--no-install-recommends', packageName];
  return (
    process.getuid?.() === 0 &&
    (apt(install, 60_000) || (apt(['update', '-qq'], 30_000) && apt(install, 60_000))) &&
    found()
  );
}
