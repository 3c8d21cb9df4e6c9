import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials, Client } from '@grpc/grpc-js';
import { NestFactory } from '@nestjs/core';
import type { Description } from '@dkron/cluster';
import { decodeNodeMember } from '@dkron/cluster';
import type { NodeOffers } from '@dkron/contracts';
import { clusterService, offerService } from '@dkron/contracts';
import type { ServerReflectionResponse } from '@dkron/contracts/grpc';
import { HealthClient, ServerReflectionClient, ServingStatus } from '@dkron/contracts/grpc';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentModule } from '../src/agent-module.ts';
import { AgentNode } from '../src/agent-node.ts';
import type { AgentOptions } from '../src/options.ts';
import { AGENT_DEFAULTS } from '../src/options.ts';
import type { FakeServer } from './pool.ts';
import { fakeServer } from './pool.ts';

const KEY = 'kPpdjphiipNSsjd4QHWbkA==';

describe('an agent', () => {
  let folder: string;
  let server: FakeServer;
  const agents: AgentNode[] = [];
  const fatal: Error[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dkron-agent-'));
    fatal.length = 0;
    server = await fakeServer('s1');
  });

  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop(0);
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startAgent(over: Partial<AgentOptions> = {}): Promise<AgentNode> {
    const options: AgentOptions = {
      ...AGENT_DEFAULTS,
      nodeName: 'a1',
      dataDir: join(folder, over.nodeName ?? 'a1'),
      bindAddr: '127.0.0.1:0',
      advertiseAddr: '127.0.0.1:0',
      rpcPort: 0,
      profile: 'local',
      tags: { pool: 'agents' },
      retryJoin: [server.gossipAddress],
      retryInterval: 1_000,
      ...over,
    };
    const ambient = {
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      logger: silentLogger,
      metrics: noMetrics,
    };
    const module = AgentModule.with(options, ambient, { onFatal: (error) => fatal.push(error) });
    const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    const node = context.get(AgentNode);
    await node.start();
    agents.push(node);
    return node;
  }

  const rpcAddress = (): string => {
    const member = server.gossip.member('a1');
    return (member && decodeNodeMember(member)?.rpcAddress) ?? '';
  };

  it('joins, publishes its tags, finds the leader, runs what it is given, and leaves', async () => {
    const agent = await startAgent();
    await expect.poll(() => agent.connected, { timeout: 10_000 }).toBe(true);
    expect(server.gossip.member('a1')?.tags).toEqual({
      role: 'dkron',
      dc: 'dc1',
      region: 'global',
      version: '4.1.2',
      pool: 'agents',
      rpc_addr: rpcAddress(),
      port: rpcAddress().split(':')[1],
    });
    expect(server.leader.of('hello')[0]).toMatchObject({
      node: 'a1',
      region: 'global',
      executors: ['docker', 'gcppubsub', 'grpc', 'http', 'kafka', 'nats', 'rabbitmq', 'script', 'shell'],
    });
    server.leader.dispatch('1-a1', 'echo hello');
    await expect.poll(() => server.leader.of('finished').length, { timeout: 5_000 }).toBe(1);
    const { report } = server.leader.of('finished')[0]!;
    expect([report.success, new TextDecoder().decode(report.output.tail)]).toEqual([true, 'hello\n']);
    await agent.stop();
    await expect.poll(() => server.gossip.member('a1')?.status, { timeout: 5_000 }).toBe('left');
  });

  it('G-C11: a stop waits for what runs, hands its result over, and only then leaves', async () => {
    const agent = await startAgent();
    await expect.poll(() => agent.connected, { timeout: 10_000 }).toBe(true);
    server.leader.dispatch('1-a1', 'sleep 0.7; echo done');
    await expect.poll(() => server.leader.of('ack').length, { timeout: 5_000 }).toBeGreaterThan(0);
    const stopped = agent.stop(10_000);
    await expect.poll(() => server.leader.of('drain').length).toBe(1);
    server.leader.dispatch('2-a1', 'echo late');
    await expect.poll(() => server.leader.of('refused').length).toBe(1);
    expect(server.gossip.member('a1')?.status).toBe('alive');
    await stopped;
    expect(server.leader.of('finished').map(({ id, report }) => [id, report.success])).toEqual([['1-a1', true]]);
    await expect.poll(() => server.gossip.member('a1')?.status, { timeout: 5_000 }).toBe('left');
  });

  it('kills what still runs when the wait is over', async () => {
    const agent = await startAgent();
    await expect.poll(() => agent.connected, { timeout: 10_000 }).toBe(true);
    server.leader.dispatch('1-a1', 'sleep 60');
    await expect.poll(() => server.leader.of('started').length, { timeout: 5_000 }).toBe(1);
    await agent.stop(100);
    expect(server.leader.of('finished').map(({ report }) => report.reason)).toEqual(['restart']);
  });

  it('tells what it has for jobs', async () => {
    await startAgent();
    await expect.poll(rpcAddress, { timeout: 20_000 }).not.toBe('');
    const { path, requestSerialize, responseDeserialize } = offerService.listOffers;
    const client = new Client(rpcAddress(), ChannelCredentials.createInsecure());
    const { executors, processors } = await new Promise<NodeOffers>((resolve, reject) =>
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, value) =>
        error ? reject(error) : resolve(value!),
      ),
    );
    client.close();
    expect(executors.map(({ name }) => name)).toEqual(expect.arrayContaining(['http', 'shell']));
    const shell = executors.find(({ name }) => name === 'shell');
    expect(shell).toMatchObject({ source: 'built_in', available: true });
    expect(JSON.parse(shell?.configSchema ?? '')).toMatchObject({ properties: { command: { type: 'string' } } });
    expect(processors).toEqual([]);
  });

  it('describes itself as ours', async () => {
    await startAgent();
    await expect.poll(rpcAddress, { timeout: 10_000 }).not.toBe('');
    const { describe: method } = clusterService;
    const client = new Client(rpcAddress(), ChannelCredentials.createInsecure());
    const answer = await new Promise<Description | undefined>((resolve, reject) =>
      client.makeUnaryRequest(method.path, method.requestSerialize, method.responseDeserialize, {}, (error, value) =>
        error ? reject(error) : resolve(value),
      ),
    );
    client.close();
    expect(answer).toMatchObject({ name: 'a1', region: 'global', state: 'agent', birth: '', members: [] });
  });

  it('tells its health, and what it serves', async () => {
    const agent = await startAgent();
    await expect.poll(() => agent.connected, { timeout: 20_000 }).toBe(true);
    const health = new HealthClient(rpcAddress(), ChannelCredentials.createInsecure());
    const reflection = new ServerReflectionClient(rpcAddress(), ChannelCredentials.createInsecure());
    const check = (service: string): Promise<number> =>
      new Promise((resolve, reject) => {
        health.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer.status)));
      });
    expect([await check(''), await check('ready')]).toEqual([ServingStatus.SERVING, ServingStatus.SERVING]);
    await server.stop();
    await expect.poll(() => check('ready'), { timeout: 20_000 }).toBe(ServingStatus.NOT_SERVING);
    expect(await check('')).toBe(ServingStatus.SERVING);
    const listed = await new Promise<ServerReflectionResponse>((resolve, reject) => {
      const call = reflection.serverReflectionInfo();
      call.on('error', reject);
      call.on('data', resolve);
      call.end({ host: '', messageRequest: { $case: 'listServices', value: '' } });
    });
    const answer = listed.messageResponse;
    expect(answer?.$case === 'listServicesResponse' && answer.value.service.map(({ name }) => name)).toEqual([
      'dkron.cluster.v1.ClusterService',
      'dkron.cluster.v1.OfferService',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'types.v1.AgentService',
    ]);
    health.close();
    reflection.close();
  });

  it('goes on with the next server when one is gone', async () => {
    const agent = await startAgent();
    await expect.poll(() => agent.connected, { timeout: 10_000 }).toBe(true);
    const second = await fakeServer('s2');
    await second.gossip.join([server.gossipAddress]);
    await expect.poll(() => server.gossip.member('s2')?.status, { timeout: 5_000 }).toBe('alive');
    await server.stop();
    await expect.poll(() => second.leader.of('hello').length, { timeout: 15_000 }).toBeGreaterThan(0);
    await second.stop();
  });

  it('waits for a server that comes later', async () => {
    await server.stop();
    const agent = await startAgent();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(agent.connected).toBe(false);
    const late = await fakeServer('s2');
    await late.gossip.join([`127.0.0.1:${gossipPort(agent)}`]);
    await expect.poll(() => agent.connected, { timeout: 10_000 }).toBe(true);
    await late.stop();
  });

  it('G-C6: an exhausted retry-max ends the agent', async () => {
    await startAgent({ retryJoin: ['127.0.0.1:1'], retryMax: 2, retryInterval: 250 });
    await expect.poll(() => fatal.length, { timeout: 10_000 }).toBe(1);
    expect(fatal[0]!.message).toContain('no other node was reached');
  });

  it('with another key it is not in the pool', async () => {
    await server.stop();
    server = await fakeServer('s1', [KEY]);
    const agent = await startAgent({ encrypt: 'AAAAAAAAAAAAAAAAAAAAAA==' });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([agent.connected, server.gossip.member('a1')]).toEqual([false, undefined]);
    const right = await startAgent({ nodeName: 'a2', encrypt: KEY });
    await expect.poll(() => right.connected, { timeout: 10_000 }).toBe(true);
  });

  it('says what is wrong with its settings', async () => {
    await expect(startAgent({ bindAddr: 'nonsense:port' })).rejects.toThrow(
      'bind-addr: nonsense:port is not an address',
    );
    await expect(startAgent({ dataDir: '/proc/nowhere' })).rejects.toThrow('data-dir: cannot use /proc/nowhere');
    const port = Number(server.rpcAddress.split(':')[1]);
    await expect(startAgent({ rpcPort: port })).rejects.toThrow('is taken by another process');
  });

  function gossipPort(agent: AgentNode): number {
    return agent.gossipAddress?.port ?? 0;
  }
});
