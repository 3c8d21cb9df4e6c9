import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { inspectBackup } from '@dkron/store';
import { job, until } from '../support/api.ts';
import { cleanUp, TestNode } from '../support/test-node.ts';

afterAll(cleanUp);

const SLOW_MS = 300_000;

const told = (node: TestNode, text: RegExp): boolean =>
  node.log.some(({ message, fields }) => text.test(`${message} ${inspect(fields, { breakLength: Infinity })}`));

const leaderOf = async (node: TestNode): Promise<string | undefined> => {
  const answer = await node.get('/v1/leader');
  return answer.status === 200 ? String(answer.json.Name) : undefined;
};

/** As a backup names them: of one moment, and without asking others. */
async function votersAt(node: TestNode): Promise<string[]> {
  const answer = await fetch(`${node.url}/v1/snapshot?stale`);
  const { members } = await inspectBackup(answer.body!);
  return members.flatMap(({ id, voter }) => (voter ? id : [])).toSorted((a, b) => (a < b ? -1 : 1));
}

describe('who votes', () => {
  it(
    'regions share a pool and nothing else: each votes for itself',
    async () => {
      const profile = 'local';
      const a1 = await TestNode.start({ nodeName: 'a1', region: 'a', bootstrapExpect: 2, profile });
      const retryJoin = [a1.gossipAddress];
      const b1 = await TestNode.start({ nodeName: 'b1', region: 'b', bootstrapExpect: 1, retryJoin, profile });
      await until('region b leads itself', async () => (await leaderOf(b1)) === 'b1');
      expect(await leaderOf(a1)).toBeUndefined();
      const a2 = await TestNode.start({ nodeName: 'a2', region: 'a', bootstrapExpect: 2, retryJoin, profile });
      const leads = await until('region a leads itself', async () => leaderOf(a1));
      expect(['a1', 'a2']).toContain(leads);
      for (const node of [a1, a2, b1]) {
        await until('all members', async () => (await node.list('/v1/members')).length === 3);
      }
      await a2.put('of-a');
      await b1.put('of-b');
      const names = async (node: TestNode): Promise<string[]> =>
        (await node.list('/v1/jobs?consistent')).map(({ name }) => String(name));
      expect(await names(a1)).toEqual(['of-a']);
      expect(await names(b1)).toEqual(['of-b']);
      await b1.stop();
      expect((await a1.call('POST', '/v1/jobs', { body: job('more') })).status).toBe(201);
      await a2.stop();
      await a1.stop();
    },
    SLOW_MS,
  );

  it(
    'an unreachable join target is named, with why; the server works on',
    async () => {
      const node = await TestNode.start({ nodeName: 'one', retryJoin: ['127.0.0.1:1'] });
      await until('a word about it', async () => told(node, /no other node was reached.*127\.0\.0\.1:1.*ECONNREFUSED/));
      await until('it leads', async () => (await leaderOf(node)) === 'one');
      expect((await node.call('POST', '/v1/jobs', { body: job('works') })).status).toBe(201);
      await node.stop();
    },
    SLOW_MS,
  );

  it(
    'a dead server is swapped for a newcomer that has caught up, after server-replace-after',
    async () => {
      const nodes: TestNode[] = [];
      const start = async (nodeName: string): Promise<TestNode> => {
        const node = await TestNode.start({
          nodeName,
          bootstrapExpect: 3,
          serverReplaceAfter: 3_000,
          reconcileInterval: 1_000,
          retryJoin: nodes.map(({ gossipAddress }) => gossipAddress),
          profile: 'local',
        });
        nodes.push(node);
        return node;
      };
      const [a, , c] = [await start('a'), await start('b'), await start('c')];
      await until('a leader', async () => leaderOf(a!));
      await a!.put('before');
      nodes.pop();
      await c!.stop();
      await until('its failure', async () =>
        (await a!.list('/v1/members')).some(({ Name, statusText }) => Name === 'c' && statusText === 'failed'),
      );
      const d = await start('d');
      await until('the swap', async () =>
        nodes.some((node) => told(node, /membership changes.*c.*d|membership changes.*d.*c/)),
      );
      await until('its state', async () => (await d.list('/v1/jobs')).length === 1);
      await until('its end', async () => (await votersAt(d)).join() === 'a,b,d');
      // With the newcomer as a voter one of the first ones may go.
      const gone = nodes.shift()!;
      await gone.stop();
      await until('a write', async () => (await d.call('POST', '/v1/jobs', { body: job('after') })).status === 201);
      expect(await votersAt(d)).toContain('d');
      for (const node of nodes.toReversed()) await node.stop();
    },
    SLOW_MS,
  );
});
