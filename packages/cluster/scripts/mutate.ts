// Puts each defect into a copy of the package and simulates until it is noticed. `--only id,id --seeds 5000`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { MUTATIONS } from '../test/sim/mutations.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const TIMEOUT_MS = 300_000;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '5000' } },
});
const wanted = MUTATIONS.filter(({ id }) => values.only === '' || values.only.split(',').includes(id));
const folder = mkdtempSync(join(tmpdir(), 'cluster-mutants-'));
let survived = 0;
try {
  for (const part of ['src', 'test', 'scripts', 'package.json', 'vitest.config.ts']) {
    cpSync(join(PACKAGE, part), join(folder, part), { recursive: true });
  }
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(PACKAGE, 'node_modules/@dkron'), join(folder, 'node_modules/@dkron'));
  symlinkSync(join(PACKAGE, '../../node_modules/vitest'), join(folder, 'node_modules/vitest'));
  const unsound = judgedByTests();
  if (unsound !== undefined) throw new Error(`it fails without a defect: ${unsound}`);
  for (const { id, what, file, find, replace } of wanted) {
    const path = join(folder, 'src/formation', file);
    const sound = readFileSync(path, 'utf8');
    const places = sound.split(find);
    if (places.length !== 2) throw new TypeError(`${id}: its place must be there once, is ${places.length - 1} times`);
    writeFileSync(path, places.join(replace));
    const args = ['--conditions=@dkron/source', 'scripts/seeds.ts', '--most', '1', '--seeds', values.seeds];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    const found = /^seed (\d+): (\w+)/m.exec(stdout);
    if (stderr !== '') throw new Error(`${id} does not run: ${stderr}`);
    const by = found === null ? judgedByTests() : `${found[2]} at seed ${found[1]}`;
    writeFileSync(path, sound);
    if (by === undefined) survived++;
    console.log(`${by ?? 'SURVIVED'}  ${id}: ${what}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${wanted.length - survived} of ${wanted.length} noticed`);
if (survived > 0) process.exitCode = 1;

/** What the simulator does not see, a unit test may. */
function judgedByTests(): string | undefined {
  const vitest = join(PACKAGE, '../../node_modules/vitest/vitest.mjs');
  const args = [
    vitest,
    'run',
    '--root',
    folder,
    ...['judge', 'core', 'formation'].map((name) => `src/formation/${name}.test.ts`),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const test = /FAIL.*> (.*)$/m.exec(stripVTControlCharacters(stdout + stderr));
  return status === 0 ? undefined : `unit test "${test?.[1] ?? '?'}"`;
}
