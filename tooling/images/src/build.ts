import { existsSync } from 'node:fs';
import { DEBIAN_IMAGE } from './base.ts';
import type { Engine } from './engine.ts';

export interface Images {
  readonly server: string;
  readonly agent: string;
}

const BUILD_MS = 900_000;
const MB = 1_000_000;

/** Builds both images from the clone's Dockerfile, as anyone would. */
export async function buildImages(engine: Engine, root: string): Promise<Images> {
  const images = { server: 'dkron:local', agent: 'dkron-agent:local' };
  const authorities = process.env['NODE_EXTRA_CA_CERTS'] ?? '';
  const secret = existsSync(authorities) ? ['--secret', `id=ca,src=${authorities}`] : [];
  const network = engine.own ? ['--network', 'host'] : [];
  for (const [target, image] of Object.entries(images)) {
    const args = ['build', ...network, ...secret, '--target', target, '--tag', image, root];
    await engine.must(args, { env: { DOCKER_BUILDKIT: '1' }, timeoutMs: BUILD_MS });
  }
  return images;
}

/** The same programs under other ids, as a release would bring them. */
export async function nextImages(engine: Engine, images: Images): Promise<Images> {
  const next = { server: 'dkron:next', agent: 'dkron-agent:next' };
  for (const target of ['server', 'agent'] as const) {
    const dockerfile = `FROM ${images[target]}\nLABEL org.opencontainers.image.version=next\n`;
    const args = ['build', '--network', 'none', '--tag', next[target], '-'];
    await engine.must(args, { input: dockerfile, env: { DOCKER_BUILDKIT: '1' } });
  }
  return next;
}

/** Sizes of both images, and without Debian and Node, which are not ours. */
export async function sizesMb(engine: Engine, images: Images): Promise<Record<string, number>> {
  const debian = await sizeOf(engine, DEBIAN_IMAGE).catch(() => 0);
  const sizes: Record<string, number> = {};
  for (const kind of ['server', 'agent'] as const) {
    const image = images[kind];
    const all = await sizeOf(engine, image);
    const run = ['run', '--rm', '--network', 'none', '--entrypoint', 'stat', image, '-c', '%s', '/usr/local/bin/node'];
    const node = Number(await engine.must(run));
    sizes[kind] = Math.round(all / MB);
    sizes[`${kind} own`] = Math.round((all - debian - node) / MB);
  }
  return sizes;
}

async function sizeOf(engine: Engine, image: string): Promise<number> {
  return Number(await engine.must(['image', 'inspect', '--format', '{{.Size}}', image]));
}
