// Puts each defect into a copy of the package and simulates until it is noticed. `--only id,id --seeds 3000`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MUTATIONS } from '../test/sim/mutations.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const TIMEOUT_MS = 300_000;

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '3000' } },
});
const wanted = MUTATIONS.filter(({ id }) => values.only === '' || values.only.split(',').includes(id));
const folder = mkdtempSync(join(tmpdir(), 'cluster-mutants-'));
let survived = 0;
try {
  for (const part of ['src', 'test', 'scripts', 'package.json']) {
    cpSync(join(PACKAGE, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));
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
    writeFileSync(path, sound);
    const found = /^seed (\d+): (\w+)/m.exec(stdout);
    if (stderr !== '') throw new Error(`${id} does not run: ${stderr}`);
    if (found === null) survived++;
    console.log(`${found === null ? 'SURVIVED' : `${found[2]} at seed ${found[1]}`}  ${id}: ${what}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${wanted.length - survived} of ${wanted.length} noticed`);
if (survived > 0) process.exitCode = 1;
