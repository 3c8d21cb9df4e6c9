import { cp, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'rolldown';

/** `new URL('../ui', import.meta.url)` */
const RELATIVE = /new URL\(\s*['"](\.[^'"]*)['"],\s*import\.meta\.url\s*\)/g;
const FOREIGN = '/node_modules/';

/**
 * Copies files and folders that a module names beside itself, and names them beside the bundle. Of foreign modules only
 * files: what else they name so is no asset.
 *
 * @throws {Error} two assets have one name, or one of ours does not exist.
 */
export function assetsPlugin(out: string): Plugin {
  const sources = new Map<string, string>();
  return {
    name: 'assets',
    async transform(code, id) {
      if (!code.includes('import.meta.url')) return null;
      let changed = code;
      for (const [text, relative = ''] of code.matchAll(RELATIVE)) {
        const source = fileURLToPath(new URL(relative, pathToFileURL(id)));
        const found = await stat(source).catch(() => undefined);
        if (id.includes(FOREIGN) && !found?.isFile()) continue;
        if (found === undefined) throw new Error(`${id} names ${source}, which does not exist`);
        const name = `assets/${basename(source)}`;
        const other = sources.get(name) ?? source;
        if (other !== source) throw new Error(`${source} and ${other} would both be ${name}`);
        sources.set(name, source);
        await cp(source, join(out, name), { recursive: true });
        changed = changed.replace(text, `new URL('./${name}', import.meta.url)`);
      }
      return changed === code ? null : { code: changed };
    },
  };
}
