import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, expect, it } from 'vitest';
import { s3Processor } from '../src/s3/index.ts';
import { INPUT } from '../test/input.ts';
import { PeerProcess, accepts, freePort, notRun } from '@dkron/harness';
import { send } from './peers/peer.ts';
import { pythonPrograms } from './peers/programs.ts';

const programs = pythonPrograms('moto', ['moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors']);
if (!programs) notRun('moto (S3)', 'the package cannot be had');
const port = await freePort();
const peer = new PeerProcess(`${programs}/moto_server`, ['-H', '127.0.0.1', '-p', String(port)]);
const endpoint = `http://127.0.0.1:${port}`;
const credentials = { accessKeyId: 'me', secretAccessKey: 'secret' };
const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
const processor = s3Processor();
afterAll(async () => {
  client.destroy();
  await processor.close?.();
  await peer.kill();
});

it.skipIf(!programs)('stores objects in the S3 of moto, also after it was killed', async () => {
  const access = { access_key_id: credentials.accessKeyId, secret_access_key: credentials.secretAccessKey };
  const config = { bucket: 'logs', prefix: 'dkron/', endpoint, ...access };
  const store = async (text: string): Promise<void> => {
    const output = await send(processor, config, { ...INPUT, jobName: 'Grüße', output: Buffer.from(text) });
    expect(output).toBe('s3://logs/dkron/Grüße/1-node.log');
    const object = await client.send(new GetObjectCommand({ Bucket: 'logs', Key: 'dkron/Grüße/1-node.log' }));
    expect(await object.Body?.transformToString()).toBe(text);
    expect(object.Metadata).toEqual({ job: 'Gr%C3%BC%C3%9Fe', node: 'worker', success: 'true' });
  };
  await peer.start(() => accepts(port));
  await expect(send(processor, config, INPUT)).rejects.toThrow(/^processor s3: bucket logs: .*NoSuchBucket/);
  await client.send(new CreateBucketCommand({ Bucket: 'logs' }));
  await store('first');
  await store('x'.repeat(300_000));
  await peer.kill();
  await expect(send(processor, config, INPUT)).rejects.toThrow(/^processor s3: bucket logs: /);
  await peer.start(() => accepts(port));
  await client.send(new CreateBucketCommand({ Bucket: 'logs' }));
  await store('after the crash');
});
