import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Engine } from './engine.ts';
import { must } from './run.ts';

export const DEBIAN_IMAGE = 'debian:bookworm-slim';
export const NODE_IMAGE = 'node:24-bookworm-slim';
const PULL_MS = 30_000;
/** Beside what every Debian has: what Node is linked with. */
const FURTHER_PACKAGES = ['libstdc++6', 'libgcc-s1'];
const USR_LINKS = ['bin', 'lib', 'lib64', 'sbin'];

/** @returns what the base images are, for the report @throws Error when there are none and none can be made */
export async function ensureBase(engine: Engine, folder: string): Promise<string> {
  const had = await Promise.all([DEBIAN_IMAGE, NODE_IMAGE].map((image) => obtain(engine, image)));
  if (had.every(Boolean)) return 'base images that are here, or of the registry';
  if (!existsSync('/etc/debian_version')) throw new Error(`${NODE_IMAGE} cannot be pulled, and this is no Debian`);
  await importDebian(engine, folder);
  await buildNode(engine, folder);
  return "base images made of this machine's own packages, as no registry answers";
}

async function obtain(engine: Engine, image: string): Promise<boolean> {
  if ((await engine.run(['image', 'inspect', image])).code === 0) return true;
  return (await engine.run(['pull', '--quiet', image], { timeoutMs: PULL_MS })).code === 0;
}

/** A Debian of the packages that each has, from the files of this machine: seconds, and no network. */
async function importDebian(engine: Engine, folder: string): Promise<void> {
  const packages = await essentialPackages();
  const listed = await must('dpkg', ['-L', ...packages]);
  const paths = new Set(USR_LINKS.map((name) => `/${name}`));
  const skipped = /^\/usr\/share\/(doc|man|locale|info|lintian|bug)\//;
  for (const line of listed.split('\n')) {
    if (!line.startsWith('/') || line === '/.' || skipped.test(line) || !existsSync(line)) continue;
    // /bin is a link to /usr/bin, also where a package says /bin.
    const path = join(realpathSync(dirname(line)), basename(line));
    if (!USR_LINKS.includes(path.slice(1))) paths.add(path);
  }
  const list = join(folder, 'debian.list');
  writeFileSync(list, [...paths].map((path) => path.slice(1)).join('\n'));
  const overlay = join(folder, 'debian');
  mkdirSync(join(overlay, 'etc'), { recursive: true });
  for (const name of ['passwd', 'group']) {
    copyFileSync(`/usr/share/base-passwd/${name}.master`, join(overlay, 'etc', name));
  }
  const archive = join(folder, 'debian.tar');
  await must('tar', ['-C', '/', '--no-recursion', '-cf', archive, '-T', list]);
  await must('tar', ['-C', overlay, '-rf', archive, './etc/passwd', './etc/group']);
  await engine.must(['import', archive, DEBIAN_IMAGE]);
}

async function buildNode(engine: Engine, folder: string): Promise<void> {
  const context = join(folder, 'node');
  mkdirSync(context, { recursive: true });
  copyFileSync(process.execPath, join(context, 'node'));
  cpSync(await npmFolder(), join(context, 'npm'), { recursive: true, dereference: true });
  writeFileSync(
    join(context, 'Dockerfile'),
    [
      `FROM ${DEBIAN_IMAGE}`,
      'COPY node /usr/local/bin/node',
      'COPY npm /usr/local/lib/node_modules/npm',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && chmod +x /usr/local/lib/node_modules/npm/bin/npm-cli.js',
    ].join('\n'),
  );
  await engine.must(['build', '--network', 'none', '--tag', NODE_IMAGE, context], { env: { DOCKER_BUILDKIT: '1' } });
}

async function npmFolder(): Promise<string> {
  const path = await must('sh', ['-c', 'PATH="$PATH:/usr/local/bin:/usr/bin" command -v npm']);
  return dirname(dirname(realpathSync(path)));
}

/** What no Debian is without, and what that needs. */
async function essentialPackages(): Promise<readonly string[]> {
  const format = '${Package}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${db:Status-Status}\n';
  const rows = (await must('dpkg-query', ['-W', '-f', format])).split('\n').map((row) => row.split('\t'));
  const needs = new Map(
    rows.filter(([, , , , status]) => status === 'installed').map(([name = '', , , text = '']) => [name, text]),
  );
  const wanted = rows.flatMap(([name = '', essential, priority]) =>
    essential === 'yes' || priority === 'required' ? [name] : [],
  );
  const found = new Set<string>();
  for (const queue = [...wanted, ...FURTHER_PACKAGES]; queue.length > 0;) {
    const name = queue.pop() ?? '';
    if (found.has(name) || !needs.has(name)) continue;
    found.add(name);
    queue.push(...(needs.get(name) ?? '').split(/[,|]/).map((one) => one.trim().replace(/[ :(].*$/, '')));
  }
  return [...found];
}
