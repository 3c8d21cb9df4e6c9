import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { assetsPlugin } from './assets.ts';
import { writeContents } from './contents.ts';

export interface BundleOrder {
  /** Of the app; its build is in `dist`, its bundle goes to `bundle`. */
  readonly folder: string;
  /** Programs: name in the bundle, and file. */
  readonly programs: Readonly<Record<string, string>>;
}

/**
 * Makes few files of a built app's many: loading two thousand modules takes a server longer than all else at its start.
 *
 * What the manifest has under `dependencies` stays outside and is installed beside; everything else goes in. Modules
 * that are imported when they are needed stay files of their own.
 *
 * @throws {Error} a module cannot be read or an asset is missing.
 */
export async function bundle({ folder, programs }: BundleOrder): Promise<void> {
  const outside = await dependenciesOf(folder);
  const isOutside = (id: string): boolean => outside.some((name) => id === name || id.startsWith(`${name}/`));
  const out = join(folder, 'bundle');
  await rm(out, { recursive: true, force: true });
  const build = await rolldown({
    input: programs,
    platform: 'node',
    external: isOutside,
    plugins: [assetsPlugin(out)],
    // Optional parts of frameworks that nobody installed: asked for in vain, as without a bundle.
    onLog: (level, log, report) => {
      if (!QUIET.has(log.code ?? '')) report(level, log);
    },
  });
  try {
    const { output } = await build.write({
      dir: out,
      format: 'esm',
      keepNames: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    });
    const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    await writeContents(modules, out);
  } finally {
    await build.close();
  }
}

const QUIET = new Set(['UNRESOLVED_IMPORT', 'INEFFECTIVE_DYNAMIC_IMPORT', 'EVAL', 'COMMONJS_VARIABLE_IN_ESM']);

async function dependenciesOf(folder: string): Promise<string[]> {
  const { dependencies = {} } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies);
}
