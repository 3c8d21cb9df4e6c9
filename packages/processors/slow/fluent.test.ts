import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fluentProcessor } from '../src/fluent/index.ts';
import { INPUT } from '../test/input.ts';
import { PeerProcess, freePort, untilReady } from '@dkron/harness';
import { send } from './peers/peer.ts';

const port = await freePort();
const script = join(import.meta.dirname, 'peers/fluent-server.ts');
const peer = new PeerProcess(process.execPath, [script, String(port)]);
const processor = fluentProcessor({ host: '127.0.0.1', port, tag: 'runs' });
afterAll(async () => {
  await processor.close?.();
  await peer.kill();
});

const lives = (): number => peer.log.split('ready\n').length - 1;
const got = (text: string): boolean =>
  peer.log.includes(JSON.stringify({ tag: 'runs', record: { host: 'worker', job_name: 'job', message: text } }));
const run = (text: string) => send(processor, {}, { ...INPUT, executionId: `1-${text}`, output: Buffer.from(text) });

it('the server of @fluent-org/logger gets and acknowledges all, also what was sent while it was dead', async () => {
  await peer.start(() => lives() === 1);
  await Promise.all(Array.from({ length: 200 }, (_, i) => run(`first ${i}`)));
  for (let i = 0; i < 200; i++) await untilReady(`first event ${i}`, () => got(`first ${i}`));
  await peer.kill();
  const dead = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => run(`dead ${i}`)));
  expect(dead.map(({ status }) => status)).not.toContain('fulfilled');
  await peer.start(() => lives() === 2);
  for (let i = 0; i < 20; i++) await untilReady(`event ${i}`, () => got(`dead ${i}`));
  await untilReady('acknowledgements', () =>
    run('again').then(
      () => true,
      () => false,
    ),
  );
});
