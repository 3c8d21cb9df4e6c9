import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundle } from './bundle.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dkron-bundle-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function files(texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const packageOf = (name: string): string =>
  JSON.stringify({ name, version: '1.2.3', license: 'MIT', type: 'module', exports: './index.js' });

async function bundled(main: string, others: Readonly<Record<string, string>> = {}): Promise<void> {
  await files({
    'app/package.json': JSON.stringify({ type: 'module', dependencies: { outside: '*' } }),
    'app/dist/main.js': main,
    'app/node_modules/outside/package.json': packageOf('outside'),
    'app/node_modules/outside/index.js': "export const outside = 'outside';",
    'app/node_modules/inside/package.json': packageOf('inside'),
    'app/node_modules/inside/LICENSE': 'as you like',
    'app/node_modules/inside/index.js': "export const inside = 'inside';",
    ...others,
  });
  await bundle({ folder: join(folder, 'app'), programs: { main: join(folder, 'app/dist/main.js') } });
}

async function run(program: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [program])).stdout;
}

it('runs with nothing of the app but its bundle and what stays outside', async () => {
  await bundled(
    `import { readFileSync } from 'node:fs';
     import { outside } from 'outside';
     import { inside } from 'inside';
     const { late } = await import('./late.js');
     console.log(outside, inside, late, readFileSync(new URL('../files/a.txt', import.meta.url), 'utf8'),
       readFileSync(new URL('../folder', import.meta.url).pathname + '/b.txt', 'utf8'));`,
    { 'app/dist/late.js': "export const late = 'late';", 'app/files/a.txt': 'a', 'app/folder/b.txt': 'b' },
  );
  await cp(join(folder, 'app/bundle'), join(folder, 'elsewhere/bundle'), { recursive: true });
  await cp(join(folder, 'app/node_modules/outside'), join(folder, 'elsewhere/node_modules/outside'), {
    recursive: true,
  });
  await rm(join(folder, 'app'), { recursive: true });
  expect(await run(join(folder, 'elsewhere/bundle/main.js'))).toBe('outside inside late a b\n');
});

it('says what went in, and under which terms', async () => {
  await bundled("import { inside } from 'inside'; import { outside } from 'outside'; console.log(inside, outside);");
  const read = (name: string): Promise<string> => readFile(join(folder, 'app/bundle', name), 'utf8');
  expect(JSON.parse(await read('packages.json'))).toEqual([{ name: 'inside', version: '1.2.3', license: 'MIT' }]);
  expect(await read('LICENSES.txt')).toBe('inside 1.2.3: MIT\n\nas you like\n');
});

it('an asset that does not exist, and two of one name: an error', async () => {
  const url = (path: string): string => `console.log(new URL('${path}', import.meta.url).href);`;
  await expect(bundled(url('../none.txt'))).rejects.toThrow('none.txt, which does not exist');
  const two = { 'app/a/x.txt': '1', 'app/b/x.txt': '2' };
  await expect(bundled(url('../a/x.txt') + url('../b/x.txt'), two)).rejects.toThrow('would both be assets/x.txt');
});
