import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import type { PluginHostOptions } from '../src/host/index.ts';
import { PluginHost } from '../src/host/index.ts';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const SERVE = new URL('../src/serve/index.ts', import.meta.url).href;

/** A folder with plugins, made by the test. */
export class PluginFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'plugin-files-'));

  constructor() {
    writeFileSync(join(this.path, 'package.json'), '{"type":"module"}');
  }

  /** A program of one line of shell. */
  shell(name: string, text: string): void {
    this.#write(name, `#!/bin/sh\n${text}\n`);
  }

  /** A program on this Node and our sources; `text` is what follows the imports. */
  node(name: string, text: string): void {
    const imports = `import { serveExecutor, serveProcessor } from ${JSON.stringify(SERVE)};`;
    this.#write(name, `#!${process.execPath} --conditions=@dkron/source\n${imports}\n${text}\n`);
  }

  /** The program of that name in the README of the package, as it stands there, on this Node and our sources. */
  readme(name: string): void {
    const scope = join(this.path, 'node_modules/@dkron');
    mkdirSync(scope, { recursive: true });
    symlinkSync(PACKAGE, join(scope, 'plugins'));
    const [, text] = readFileSync(join(PACKAGE, 'README.md'), 'utf8').split(`\`\`\`js ${name}\n#!/usr/bin/env node\n`);
    this.#write(name, `#!${process.execPath} --conditions=@dkron/source\n${text!.split('```')[0]}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #write(name: string, text: string): void {
    const path = join(this.path, name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }
}

/** A host with short waits, for tests. */
export function hostOf(
  options: PluginHostOptions,
  more: Partial<ConstructorParameters<typeof PluginHost>[1]> = {},
): PluginHost {
  const ambient = { clock: systemClock, timers: systemTimers, random: systemRandom, logger: silentLogger };
  return new PluginHost({ restartDelayMs: 100, waitMs: 20_000, ...options }, { ...ambient, ...more });
}

/** Whether a process is there, also as one that nobody has waited for. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Where a plugin makes its sockets; undefined on systems that do not tell. */
export function socketFolderOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.find((one) => one.startsWith('PLUGIN_UNIX_SOCKET_DIR='))?.split('=')[1];
  } catch {
    return undefined;
  }
}
