// Tells whether a package and all it depends on were built from the files as they are now.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './toolchain.mjs';

const SKIPPED = new Set(['node_modules', 'dist', 'bundle', 'coverage', '.turbo', 'gen', 'testdata']);
const SHARED_INPUTS = [
  'package.json',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'turbo.json',
  'proto',
  'tooling/tsconfig',
];

/** Manifests of all workspace packages, by name. */
export function workspacePackages() {
  const found = new Map();
  for (const group of ['packages', 'apps', 'tooling', 'examples']) {
    for (const name of group === 'examples' ? ['.'] : listFolder(join(root, group))) {
      const folder = join(root, group, name);
      const manifestPath = join(folder, 'package.json');
      if (!existsSync(manifestPath)) continue;
      const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
      found.set(manifest.name, { folder, manifest });
    }
  }
  return found;
}

/** The package and every workspace package that it needs, at run time or to be built. */
function closureOf(name) {
  const all = workspacePackages();
  const queue = [name];
  const closure = new Map();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const found = all.get(next);
    if (!found || closure.has(next)) continue;
    closure.set(next, found);
    queue.push(...Object.keys({ ...found.manifest.dependencies, ...found.manifest.devDependencies }));
  }
  return [...closure.values()];
}

function listFolder(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function addTree(hash, path) {
  let stat;
  try {
    stat = statSync(path);
  } catch {
    return;
  }
  if (!stat.isDirectory()) {
    hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
    return;
  }
  for (const entry of listFolder(path).sort()) {
    if (!SKIPPED.has(entry) && !entry.endsWith('.test.ts')) addTree(hash, join(path, entry));
  }
}

/** Digest of everything that a build of `name` reads, plus the Node that runs it. */
export function inputsOf(name, node) {
  const hash = createHash('sha256').update(`${node}\n`);
  for (const path of SHARED_INPUTS) addTree(hash, join(root, path));
  for (const { folder } of closureOf(name)) addTree(hash, folder);
  return hash.digest('hex');
}

// Inside node_modules: whoever deletes the installation deletes the stamp with it.
const stampPath = (name) => join(root, 'node_modules', '.cache', 'dkron', `${name.replace('/', '+')}.stamp`);

export function isFresh(name, inputs) {
  try {
    if (readFileSync(stampPath(name), 'utf8') !== inputs) return false;
  } catch {
    return false;
  }
  return closureOf(name).every(({ folder, manifest: { scripts, bin = {} } }) => {
    const outputs = ['dist', ...Object.values(bin)];
    return !scripts?.build || outputs.every((output) => existsSync(join(folder, output)));
  });
}

export function writeStamp(name, inputs) {
  mkdirSync(dirname(stampPath(name)), { recursive: true });
  writeFileSync(stampPath(name), inputs);
}
