/** Builds the images of server and agent and runs the cluster of docker-compose.yml. See README. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureBase } from './base.ts';
import { buildImages, nextImages, sizesMb } from './build.ts';
import { CHECKS, type Subject } from './checks.ts';
import { ImageCluster } from './cluster.ts';
import { Engine } from './engine.ts';

/** `npm run verify` counts it neither as passed nor as failed. */
const NOT_RUN = 77;

const { values } = parseArgs({
  options: {
    brief: { type: 'boolean', default: false },
    install: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'dkron-images-'));
const startMs = performance.now();

const engine = await Engine.find(folder, values.install);
if (typeof engine === 'string') {
  say('NOT RUN', `images: ${engine}`, performance.now());
  process.exitCode = NOT_RUN;
} else {
  try {
    process.exitCode = (await judge(engine)) ? 0 : 1;
  } finally {
    await engine.stop();
  }
}
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
process.stdout.write(`images: ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`);

async function judge(at: Engine): Promise<boolean> {
  const cluster = new ImageCluster(at, `dkron-${process.pid}`, join(root, 'docker-compose.yml'));
  let begun = performance.now();
  try {
    say('pass', 'base', begun, await ensureBase(at, folder));
    begun = performance.now();
    const images = await buildImages(at, root);
    const next = await nextImages(at, images);
    say('pass', 'both images are built from the clone', begun);
    const subject: Subject = {
      brief: values.brief,
      engine: at,
      cluster,
      images,
      next,
      sizesMb: await sizesMb(at, images),
    };
    for (const check of CHECKS) {
      begun = performance.now();
      const detail = await check.run(subject).catch((error: unknown) => {
        throw new Error(`${check.name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      });
      say('pass', check.name, begun, detail ?? undefined);
    }
    return true;
  } catch (error) {
    say('FAIL', error instanceof Error ? error.message : String(error), begun);
    process.stdout.write(`${(await cluster.logs().catch(String)).slice(-20_000)}\n`);
    return false;
  } finally {
    if (!values.keep) await cluster.down().catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
  }
}

function say(verdict: string, what: string, sinceMs: number, detail?: string): void {
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  process.stdout.write(`${verdict}  ${what} (${seconds} s)${detail === undefined ? '' : ` ${detail}`}\n`);
}
