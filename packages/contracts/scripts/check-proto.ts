// buf lint of proto/, and buf breaking against branch main where it has protos already.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function run(command: string, args: readonly string[], quiet = false): number {
  return spawnSync(command, args, { cwd: root, stdio: quiet ? 'ignore' : 'inherit' }).status ?? 1;
}

function check(args: readonly string[]): void {
  console.log(`buf ${args.join(' ')}`);
  const status = run('buf', args);
  if (status !== 0) process.exit(status);
}

check(['lint', 'proto']);
const base = ['main', 'origin/main'].find((ref) => run('git', ['cat-file', '-e', `${ref}:proto/buf.yaml`], true) === 0);
if (base === undefined) console.log('buf breaking: no base with protos, nothing to compare');
else check(['breaking', 'proto', '--against', `.git#ref=${base},subdir=proto`]);
