import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

let node: TestNode;
let dir: string;
beforeAll(async () => {
  node = await TestNode.start();
  dir = await tempDir();
});
afterAll(cleanUp);

const busy = () => node.list('/v1/busy');
const untilFile = (name: string) => `while [ ! -e ${dir}/${name} ]; do sleep 0.02; done`;

describe('GET /v1/busy', () => {
  it('G-X13: shows all that was printed so far, to several readers, and nothing that has ended', async () => {
    await node.put('talker', shell(`echo one; ${untilFile('two')}; echo two; ${untilFile('end')}; echo three`));
    await node.put('silent', shell(untilFile('end')));
    await node.launch('silent');
    const id = await node.launch('talker');
    await until('first line', async () => (await busy()).some((item) => item.output === 'one\n'));
    await writeFile(`${dir}/two`, '');
    await until('both lines', async () => (await busy()).some((item) => item.output === 'one\ntwo\n'));
    const readers = await Promise.all([busy(), busy(), busy()]);
    for (const items of readers) {
      const shown = items.map((item) => `${item.state} ${item.job_name}: ${item.output ?? ''}`);
      expect(new Set(shown)).toEqual(new Set(['running silent: ', 'running talker: one\ntwo\n']));
    }
    await writeFile(`${dir}/end`, '');
    await until('end', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'success');
    expect((await node.get(`/v1/executions/${id}`)).json.output).toBe('one\ntwo\nthree\n');
    expect((await busy()).filter((item) => item.job_name === 'talker')).toEqual([]);
  });

  it('G-X13: does not show a failed attempt that waits for its retry, nor a parent whose child runs', async () => {
    await node.put('failing', { ...shell('exit 3'), retries: 3 });
    const id = await node.launch('failing');
    await until('failed', async () => (await node.get(`/v1/executions/${id}`)).json.state === 'failed');
    const waiting = async (): Promise<boolean> =>
      (await node.list('/v1/executions?job=failing&state=pending')).length > 0;
    const shown: unknown[] = [];
    while (await waiting()) shown.push(...(await busy()).filter((item) => item.id === id));
    expect(shown).toEqual([]);
    await node.put('parent', shell('true'));
    await node.put('child', { ...shell(untilFile('child')), schedule: '', parent_job: 'parent' });
    await node.launch('parent');
    await until('child runs', async () => (await busy()).some((item) => item.job_name === 'child'));
    expect((await busy()).map((item) => item.job_name)).not.toContain('parent');
    await writeFile(`${dir}/child`, '');
    await until('idle', async () => (await busy()).length === 0);
  });
});
