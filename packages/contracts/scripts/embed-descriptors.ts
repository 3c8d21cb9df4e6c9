// Writes the descriptors of all protos as a module: reflection tells them, and nothing is read at run time.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const proto = fileURLToPath(new URL('../../../proto', import.meta.url));
const target = fileURLToPath(new URL('../src/gen/descriptors.ts', import.meta.url));

const args = ['build', proto, '--as-file-descriptor-set', '--exclude-source-info', '--output', '-#format=binpb'];
const { status, stdout, stderr } = spawnSync('buf', args, { maxBuffer: 16_777_216 });
if (status !== 0) throw new Error(`buf ${args.join(' ')}: ${String(stderr)}`);
mkdirSync(dirname(target), { recursive: true });
writeFileSync(
  target,
  `/** google.protobuf.FileDescriptorSet of proto/, in base64. Generated. */\nexport const DESCRIPTORS: string = '${stdout.toString('base64')}';\n`,
);
