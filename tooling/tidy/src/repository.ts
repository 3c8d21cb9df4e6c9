import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './manifests.ts';
import type { SourceFile } from './problem.ts';

const BINARY = /\.(png|ico|jpe?g|woff2?|gz|tgz|db|bin|wasm)$/;
const WORKSPACE = /^(?:packages|apps|tooling)\/[^/]+\/package\.json$/;

/** Files that git tracks or would track, with their text. */
export function readFiles(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split('\0')
    .filter((path) => path !== '' && !BINARY.test(path) && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export function workspacesOf(files: readonly SourceFile[]): Workspace[] {
  return files
    .filter(({ path }) => WORKSPACE.test(path))
    .map(({ path, text }) => ({
      folder: path.slice(0, path.lastIndexOf('/')),
      manifest: JSON.parse(text) as Workspace['manifest'],
    }));
}
