import type { Server as GrpcServer, ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js';
import { ChannelCredentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { encodeNodeTags } from '@dkron/cluster';
import type { AgentRunRequest, AgentRunStream, Execution } from '@dkron/contracts/types-v1';
import { AgentServiceClient, AgentServiceService, DkronClient, timestampToWire } from '@dkron/contracts/types-v1';
import { create } from '@dkron/gossip';
import type { GossipNode } from '@dkron/gossip';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

type Call = ServerWritableStream<AgentRunRequest, AgentRunStream>;

interface Ports {
  readonly rpc: number;
  readonly gossip: number;
}

/** An agent of the original as others see it: in the pool with its tags, AgentRun on its port, and no Describe. */
class GoAgent {
  readonly calls: readonly Call[];
  readonly ports: Ports;
  readonly #rpc: GrpcServer;
  readonly #gossip: GossipNode;

  private constructor(
    rpc: GrpcServer,
    gossip: GossipNode,
    { calls, ports }: { readonly calls: readonly Call[]; readonly ports: Ports },
  ) {
    this.calls = calls;
    this.ports = ports;
    this.#rpc = rpc;
    this.#gossip = gossip;
  }

  static async start(name: string, pool: string, ports: Ports = { rpc: 0, gossip: 0 }): Promise<GoAgent> {
    const rpc = new Server();
    const calls: Call[] = [];
    rpc.addService(AgentServiceService as unknown as ServiceDefinition, {
      agentRun: (call: Call) => {
        calls.push(call);
        call.on('error', () => {});
        call.write({ execution: { ...call.request.execution!, nodeName: name, startedAt: now() } });
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      rpc.bindAsync(`127.0.0.1:${ports.rpc}`, ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    const facts = { region: 'global', datacenter: 'dc1', version: '4.1.2', server: false, expect: 0 };
    const tags = encodeNodeTags({ ...facts, rpc: { ip: '127.0.0.1', port }, user: { pool: 'go' } });
    const modules = { clock: systemClock, timers: systemTimers, random: systemRandom };
    const gossip = create({ name, bindIp: '127.0.0.1', bindPort: ports.gossip, profile: 'local', tags }, modules);
    await gossip.start();
    await gossip.join([pool]);
    return new GoAgent(rpc, gossip, { calls, ports: { rpc: port, gossip: gossip.address.port } });
  }

  finish(call: Call, output: string): void {
    call.write({ execution: ended(call, output) });
    call.end();
  }

  /** Until that member has heard that this one joined: what a member asks leaves after that. */
  async heardBy(member: string): Promise<void> {
    const asked = this.#gossip.query('heard', new Uint8Array(), { ack: true });
    for await (const { from } of asked) if (from === member) return;
    throw new Error(`${member} did not hear of us`);
  }

  /** Its streams break, as when its process dies. */
  cut(): void {
    for (const call of this.calls) {
      (call as unknown as { call: { stream: { session: { destroy(): void } } } }).call.stream.session.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.#gossip.stop();
    this.#rpc.forceShutdown();
  }
}

const now = (): ReturnType<typeof timestampToWire> => timestampToWire(systemClock.wallNanos());

function ended(call: Call, output: string): Execution {
  const { execution } = call.request;
  return {
    ...execution!,
    nodeName: 'go1',
    startedAt: now(),
    finishedAt: now(),
    success: true,
    output: Buffer.from(output),
  };
}

describe('an agent of the original in the pool', () => {
  let server: TestNode;
  let agent: GoAgent;
  let rpcAddress: string;

  beforeEach(async () => {
    server = await TestNode.start({ profile: 'local' });
    agent = await GoAgent.start('go1', server.gossipAddress);
    await until('the agent', async () => (await server.get('/v1/members')).json.length === 2);
    const [own] = (await server.get('/v1/members')).json.filter(({ Name }: { Name: string }) => Name === 'test');
    rpcAddress = own.Tags.rpc_addr;
    await server.put('there', {
      schedule: '@manually',
      executor: 'shell',
      executor_config: { command: 'x' },
      tags: { pool: 'go' },
    });
  });

  afterEach(async () => {
    await agent.stop();
    await server.stop();
  });

  const done = (name: string) =>
    until('the result', async () => (await server.executions(name)).find(({ state }) => state === 'success'));

  it('is given work by AgentRun, and its last message is the result', async () => {
    await server.launch('there');
    await until('the call', async () => agent.calls.length === 1);
    expect(agent.calls[0]!.request.job).toMatchObject({ name: 'there', executor: 'shell' });
    await until('running', async () => (await server.executions('there'))[0]?.state === 'running');
    agent.finish(agent.calls[0]!, 'from there');
    expect(await done('there')).toMatchObject({ node_name: 'go1', output: 'from there' });
  });

  it('a job without tags runs on both nodes, and whoever stores it is told', async () => {
    const body = { name: 'both', schedule: '@manually', executor: 'shell', executor_config: { command: 'x' } };
    const text = 'tags: without tags the job runs on each of the 2 nodes of the region';
    const stored = await server.call('POST', '/v1/jobs', { body });
    expect([stored.status, stored.headers.get('warning')]).toEqual([201, expect.stringMatching(/^199 dkron "tags: /)]);
    expect((await server.call('POST', '/v1/jobs?dry_run=true', { body })).json.warnings).toEqual([
      expect.stringContaining(text),
    ]);
    const tagged = await server.call('POST', '/v1/jobs', { body: { ...body, tags: { pool: 'go:1' } } });
    expect([tagged.status, tagged.headers.get('warning')]).toEqual([201, null]);
  });

  it('an agent that was restarted before anybody missed it has lost what it ran', async () => {
    await server.launch('there');
    await until('running', async () => (await server.executions('there'))[0]?.state === 'running');
    await agent.heardBy('test');
    agent.cut();
    await agent.stop();
    agent = await GoAgent.start('go1', server.gossipAddress, agent.ports);
    const [lost] = await until('the loss', async () => {
      const all = await server.executions('there');
      return all[0]?.state === 'lost' ? all : undefined;
    });
    expect(lost).toMatchObject({ node_name: 'go1', reason: 'restart' });
  });

  it('G-X16: reports by ExecutionDone when its stream broke, and the run counts once', async () => {
    await server.launch('there');
    await until('the call', async () => agent.calls.length === 1);
    await until('running', async () => (await server.executions('there'))[0]?.state === 'running');
    const [call] = agent.calls;
    agent.cut();
    const client = new DkronClient(rpcAddress, ChannelCredentials.createInsecure());
    const answer = await new Promise((resolve, reject) =>
      client.executionDone({ execution: ended(call!, 'later') }, (error, value) =>
        error === null ? resolve(value.payload.toString()) : reject(error),
      ),
    );
    client.close();
    expect(answer).toBe('saved');
    expect(await done('there')).toMatchObject({ node_name: 'go1', output: 'later' });
    expect((await server.get('/v1/jobs/there')).json).toMatchObject({ success_count: 1, error_count: 0 });
    expect(agent.calls).toHaveLength(1);
  });

  it('the server itself serves AgentRun', async () => {
    const client = new AgentServiceClient(rpcAddress, ChannelCredentials.createInsecure());
    await server.launch('there');
    await until('the call', async () => agent.calls.length === 1);
    const { job, execution } = agent.calls[0]!.request;
    const executorConfig = new Map([['command', 'echo direct']]);
    const last = await new Promise<Execution | undefined>((resolve) => {
      let latest: Execution | undefined;
      const call = client.agentRun({ job: { ...job!, executorConfig }, execution });
      call.on('data', ({ execution: one }: AgentRunStream) => (latest = one));
      call.on('end', () => resolve(latest));
    });
    client.close();
    expect([last?.output.toString(), last?.nodeName, last?.success]).toEqual(['direct\n', 'test', true]);
    agent.finish(agent.calls[0]!, '');
  });
});
