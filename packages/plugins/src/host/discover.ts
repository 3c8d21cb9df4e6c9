import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@dkron/runtime';
import type { PluginKind } from '../settings.ts';

/** A plugin's program. */
export interface PluginFile {
  readonly kind: PluginKind;
  /** As in a job's `executor` or among its `processors`. */
  readonly name: string;
  readonly path: string;
}

const FILE_NAME = /^dkron-(executor|processor)-(.+)$/;

/**
 * Programs named `dkron-executor-*` and `dkron-processor-*` in these folders. Of two with one name that in the later
 * folder counts. What is no program is passed over with a warning; a folder that is not there is empty.
 */
export function discoverPlugins(folders: readonly string[], logger: Logger): PluginFile[] {
  const found = new Map<string, PluginFile>();
  for (const folder of folders) {
    for (const file of namesIn(folder)) {
      const [, kind, rest = ''] = FILE_NAME.exec(file) ?? [];
      if (kind === undefined) continue;
      const path = join(folder, file);
      const why = refusal(path);
      if (why === undefined) {
        const name = rest.replace(/\.exe$/, '');
        found.set(`${kind}-${name}`, { kind: kind as PluginKind, name, path });
      } else logger.warn('plugins: passed over', { path, why });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function refusal(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'not a file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'not executable' : (error as Error).message;
  }
}
