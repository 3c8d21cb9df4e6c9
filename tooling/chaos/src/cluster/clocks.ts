import { execFile } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LIBRARY = '/usr/lib/*/faketime/libfaketime.so.1';
const INSTALL_MS = 120_000;

/** Wall clocks of single nodes, steered through a file each; what is monotonic stays true. */
export class Clocks {
  readonly #folder: string;
  readonly #library: string;

  private constructor(folder: string, library: string) {
    this.#folder = folder;
    this.#library = library;
  }

  /** @returns undefined where there is no libfaketime */
  static async find(folder: string, install: boolean): Promise<Clocks | undefined> {
    if (install && globSync(LIBRARY).length === 0) {
      await promisify(execFile)('apt-get', ['install', '-y', '-q', 'libfaketime'], { timeout: INSTALL_MS }).catch(
        () => {},
      );
    }
    const [library] = globSync(LIBRARY);
    return library === undefined ? undefined : new Clocks(folder, library);
  }

  /** Environment of a node whose clock can be stepped. */
  envOf(name: string): Record<string, string> {
    this.set(name, 0);
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#fileOf(name),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Seconds: how soon a node sees a step.
      FAKETIME_CACHE_DURATION: '1',
    };
  }

  /** Seconds that a node's clock is ahead. */
  set(name: string, seconds: number): void {
    writeFileSync(this.#fileOf(name), `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s\n`);
  }

  #fileOf(name: string): string {
    return join(this.#folder, `clock-${name}`);
  }
}
