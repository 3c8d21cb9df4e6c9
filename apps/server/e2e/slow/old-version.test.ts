import { inspect } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { job, until } from '../support/api.ts';
import { cleanUp, TestNode } from '../support/test-node.ts';

afterAll(cleanUp);

const told = (node: TestNode, text: RegExp): boolean =>
  node.log.some(({ message, fields }) => text.test(`${message} ${inspect(fields, { breakLength: Infinity })}`));

it('an old version in the pool: the others wait for it; once they went on it is refused, with what to do', async () => {
  const nodes: TestNode[] = [];
  const start = async (nodeName: string, featureLevelMax: number, dataDir?: string): Promise<TestNode> => {
    const node = await TestNode.start({
      nodeName,
      featureLevelMax,
      bootstrapExpect: 3,
      retryJoin: nodes.map(({ gossipAddress }) => gossipAddress),
      profile: 'local',
      ...(dataDir === undefined ? {} : { dataDir }),
    });
    nodes.push(node);
    return node;
  };
  /** It comes back at other ports: first the others have to see that it is gone. */
  const stopLast = async (node: TestNode): Promise<void> => {
    nodes.pop();
    await node.stop();
    for (const other of nodes) {
      await until('its end', async () =>
        (await other.list('/v1/members')).every(
          ({ Name, statusText }) => Name === 'a' || Name === 'b' || statusText !== 'alive',
        ),
      );
    }
  };
  await start('a', 1);
  await start('b', 1);
  const old = await start('c', 0);
  await until('a word about it', async () =>
    nodes.some(
      (node) => told(node, /feature level stays at 0: c \(dkron-ts [^:]+: 0\) know no more; upgrade them/) || false,
    ),
  );
  expect((await nodes[0]!.call('POST', '/v1/jobs', { body: job('together') })).status).toBe(201);
  await stopLast(old);

  const upgraded = await start('c', 1, old.dataDir);
  for (const node of nodes)
    await until('the level of all', async () => told(node, /cluster: feature level \{ level: 1 \}/));
  // The old program again, on its own data: it would not understand what is written now.
  await stopLast(upgraded);
  await expect(start('c', 0, old.dataDir)).rejects.toThrow(
    /writes at feature level 1, this server knows up to 0.*start the version that ran here last, or a later one/,
  );
  // An old one with an empty folder is refused by the leader.
  const stranger = await start('d', 0);
  await until('its refusal', async () =>
    nodes.some((node) => told(node, /d \(dkron-ts [^)]+\) knows features up to 0, the cluster is at 1; upgrade it/)),
  );
  await stopLast(stranger);
  await start('c', 1, old.dataDir);
  await until('a write', async () => (await nodes[0]!.call('POST', '/v1/jobs', { body: job('later') })).status === 201);
  for (const node of nodes.toReversed()) await node.stop();
}, 300_000);
