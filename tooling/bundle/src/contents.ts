import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What went into a bundle. */
interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Terms, notices; ours stand at the root of the repository. */
  readonly texts: readonly string[];
}

/** A package's folder, out of the path of one of its modules. */
const FOLDER = /^.*\/(?:node_modules\/(?:@[^/]+\/)?[^/]+|(?:packages|apps)\/[^/]+)(?=\/)/;
const TERMS = /^(licen[cs]e|notice|copying)/i;

/** Writes which packages went into a bundle (`packages.json`), and under which terms they stand (`LICENSES.txt`). */
export async function writeContents(modules: readonly string[], out: string): Promise<void> {
  const folders = new Set(modules.flatMap((id) => FOLDER.exec(id.replaceAll('\0', ''))?.[0] ?? []));
  const found = new Map<string, BundledPackage>();
  for (const folder of folders) {
    const bundled = await readPackage(folder);
    found.set(headOf(bundled), bundled);
  }
  const all = [...found.keys()].toSorted().flatMap((head) => found.get(head) ?? []);
  const list = all.map(({ name, version, license }) => ({ name, version, license }));
  await writeFile(join(out, 'packages.json'), `${JSON.stringify(list, undefined, 2)}\n`);
  const terms = all.map((bundled) => [headOf(bundled), ...bundled.texts].join('\n\n').trimEnd());
  await writeFile(join(out, 'LICENSES.txt'), `${terms.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

function headOf({ name, version, license }: BundledPackage): string {
  return `${name} ${version}: ${license}`;
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as Pick<BundledPackage, 'name' | 'version'> & Partial<BundledPackage>;
  const { name, version, license = 'see its texts' } = manifest;
  const files = (await readdir(folder)).filter((file) => TERMS.test(file)).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return { name, version, license, texts };
}
