import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { elasticsearchProcessor } from '../src/elasticsearch/index.ts';
import { INPUT } from '../test/input.ts';
import { PeerProcess, freePort, notRun } from '@dkron/harness';
import { send } from './peers/peer.ts';
import { openSearch } from './peers/programs.ts';

const classPath = openSearch();
if (!classPath) notRun('OpenSearch', 'needs Java, and Maven for its first run');
const [port, transportPort] = [await freePort(), await freePort()];
const folder = mkdtempSync(join(tmpdir(), 'dkron-opensearch-'));
const java = ['-Xmx384m', '-XX:TieredStopAtLevel=1', '-cp', classPath ?? ''];
const peer = new PeerProcess('java', [...java, 'SearchNode', folder, String(port), String(transportPort)]);
afterAll(async () => {
  await peer.kill();
  rmSync(folder, { recursive: true, force: true });
});

const url = `http://127.0.0.1:${port}`;
const answers = () =>
  fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`).then(
    ({ ok }) => ok,
    () => false,
  );
const stored = async (path: string) => (await fetch(`${url}/${path}`)).json() as Promise<Record<string, unknown>>;

it.skipIf(!classPath)(
  'stores documents in OpenSearch once, however often they are sent; also after it was killed',
  async () => {
    await peer.start(answers);
    const processor = elasticsearchProcessor();
    await send(processor, { url }, INPUT);
    await send(processor, { url }, INPUT);
    expect(await stored('dkron/_doc/1-node')).toMatchObject({
      _version: 2,
      _source: { '@timestamp': '2026-01-01T00:00:01Z', job_name: 'job', success: true, output: 'content' },
    });
    for (let i = 0; i < 2; i++) await send(processor, { url, index: 'runs', op_type: 'create' }, INPUT);
    expect(await stored('runs/_doc/1-node')).toMatchObject({ _version: 1 });
    // Its index says that a number belongs here: the cause is told.
    await fetch(`${url}/strict`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mappings: { properties: { job_name: { type: 'integer' } } } }),
    });
    await expect(send(processor, { url, index: 'strict' }, INPUT)).rejects.toThrow(
      /answered 400 .*failed to parse field/,
    );
    await peer.kill();
    await expect(send(processor, { url }, INPUT)).rejects.toThrow(/^processor elasticsearch: http:.*ECONNREFUSED/);
    await peer.start(answers);
    await send(processor, { url }, { ...INPUT, executionId: '2-node' });
    expect(await stored('dkron/_doc/1-node')).toMatchObject({ found: true });
    expect(await stored('dkron/_doc/2-node')).toMatchObject({ found: true });
  },
);
