#!/usr/bin/env node
// Makes a plugin from the template: node create.mjs executor NAME [FOLDER], or processor.
import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [kind, name, folder = `dkron-${kind}-${name}`] = process.argv.slice(2);
if (!['executor', 'processor'].includes(kind) || !/^[a-z0-9][a-z0-9-]{0,63}$/.test(name ?? '')) {
  process.stderr.write(
    'usage: create.mjs executor|processor NAME [FOLDER]\nNAME is of a-z, 0-9 and -, at most 64 characters\n',
  );
  process.exit(2);
}
const target = resolve(folder);
if (existsSync(target)) {
  process.stderr.write(`${target} is there already\n`);
  process.exit(1);
}
const program = `dkron-${kind}-${name}`;
cpSync(join(import.meta.dirname, 'template'), target, { recursive: true });
rmSync(join(target, 'src', kind === 'executor' ? 'processor.ts' : 'executor.ts'));
renameSync(join(target, 'program'), join(target, program));
for (const file of ['package.json', 'README.md', program]) {
  const path = join(target, file);
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replaceAll('{{program}}', program)
      .replaceAll('{{kind}}', kind)
      .replaceAll('{{name}}', name),
  );
}
chmodSync(join(target, program), 0o755);
process.stdout.write(
  `${target}\n\n  npm install\n  link or copy the folder's ${program} into the plugins folder of Dkron\n`,
);
