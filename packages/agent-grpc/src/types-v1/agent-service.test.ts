import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { ChannelCredentials } from '@grpc/grpc-js';
import type { Execution } from '@dkron/contracts/types-v1';
import {
  AgentRunRequest,
  AgentRunStream,
  AgentServiceClient,
  AgentServiceService,
  ExecutionDoneRequest,
} from '@dkron/contracts/types-v1';
import { ExecutorRegistry } from '@dkron/executors';
import { httpExecutor } from '@dkron/executors/http';
import { shellExecutor } from '@dkron/executors/shell';
import { SpawnHelper } from '@dkron/executors/spawn-helper';
import { silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { DirectRuns, Journal, MemoryJournalStorage } from '@dkron/worker';
import type { Server } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../test/grpc-server.ts';
import { bytesOf, CASES, SCENARIOS } from '../../test/recorded.ts';
import type { RecordedCall } from '../../test/recorded.ts';
import { agentHandlers } from './agent-service.ts';
import { OldAgentService } from './old-names.ts';

const AGENT_RUN = '/types.v1.AgentService/AgentRun';
/** Needs a process that was killed, or plays an agent that only a script can be. */
const NOT_PLAYED = /^(server-side|agent-does-not-answer|agent-plugin-process-dead|agent-killed)/;
/** The caller is gone before the end: the result is reported. */
const LEFT_ALONE = /^(leader-killed|stream-lost)/;
/** What the recorded http jobs called, and where nobody listened. */
const WEB = '127.0.0.40:18090';
const NOBODY = '127.0.0.40:18091';

interface Answer {
  readonly executions: Execution[];
  readonly status: { readonly code: number; readonly details: string };
}

describe('AgentRun on our node, played back', () => {
  let server: Server;
  let client: AgentServiceClient;
  let helper: SpawnHelper;
  let runs: DirectRuns;
  let web: string;
  const delivered: Execution[] = [];
  const site = createServer((asked, answer) => {
    if (asked.url === '/slow') return;
    void asked.toArray().then((chunks: Buffer[]) => {
      answer.statusCode = asked.url === '/fail' ? 500 : 200;
      answer.end(asked.url === '/fail' ? 'boom\n' : `hello ${asked.method} ${Buffer.concat(chunks).toString()}\n`);
    });
  });

  beforeAll(async () => {
    helper = await SpawnHelper.start({ program: 'auto' }, { timers: systemTimers, logger: silentLogger });
    const executors = new ExecutorRegistry([
      shellExecutor({}, { spawnHelper: helper, timers: systemTimers }),
      httpExecutor(),
    ]);
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    web = `127.0.0.1:${(site.address() as AddressInfo).port}`;
    const ambient = { clock: systemClock, timers: systemTimers, logger: silentLogger };
    const processes = { killGroup: () => false };
    const storage = new MemoryJournalStorage();
    const journal = await Journal.open({}, { ...ambient, random: systemRandom, storage, processes });
    runs = new DirectRuns(64, { ...ambient, executors, journal });
    const handlers = agentHandlers({
      ...ambient,
      nodeName: 'a1',
      killGraceMs: 100,
      run: (run, observer) => runs.run(run, observer),
      deliver: (execution) => void delivered.push(execution),
    });
    const served = await serve(
      [AgentServiceService as unknown as ServiceDefinition, handlers],
      [OldAgentService as unknown as ServiceDefinition, handlers],
    );
    server = served.server;
    client = new AgentServiceClient(served.address, ChannelCredentials.createInsecure());
  });

  afterAll(async () => {
    client.close();
    server.forceShutdown();
    site.closeAllConnections();
    site.close();
    await runs.stop(0);
    await helper.close();
  });

  const ask = (request: AgentRunRequest): Promise<Answer> =>
    new Promise((resolve) => {
      const executions: Execution[] = [];
      const call = client.agentRun(request);
      call.on('data', ({ execution }: AgentRunStream) => executions.push(execution!));
      call.on('error', () => {});
      call.on('status', (status) => resolve({ executions, status }));
    });

  const text = ({ output }: Execution): string => output.toString('latin1');
  /** Addresses of the recording are ours here. */
  const here = (words: string): string => words.replaceAll(WEB, web).replaceAll(NOBODY, '127.0.0.1:1');
  const requestOf = ({ messages }: RecordedCall): AgentRunRequest => {
    const request = AgentRunRequest.decode(bytesOf(messages[0]!));
    if (request.job === undefined) return request;
    const config = [...request.job.executorConfig].map(([key, value]) => [key, here(value)] as const);
    return { ...request, job: { ...request.job, executorConfig: new Map(config) } };
  };

  /** What must agree: everything but the times of the run, and how output is cut into chunks. */
  async function play(call: RecordedCall, label: string): Promise<void> {
    const { messages, status } = call;
    const request = requestOf(call);
    const recorded = messages
      .slice(1)
      .map((message) => (message.hex ? AgentRunStream.decode(bytesOf(message)).execution! : undefined));
    const answer = await ask(request);
    expect(answer.status.code, label).toBe(status!.code);
    if (status!.code !== 0) return expect(answer.status.details).toBe(status!.message);
    const [ours, theirs] = [answer.executions, recorded];
    expect({ ...ours[0], startedAt: 0, nodeName: '' }, label).toEqual({ ...theirs[0], startedAt: 0, nodeName: '' });
    for (const between of ours.slice(1, -1)) {
      expect({ ...between, output: 0 }, label).toEqual({ ...ours[0], output: 0 });
      expect(between.output.length).toBeLessThanOrEqual(32_768);
    }
    // A difference that is meant: what an http job gets is told while it comes, not only at the end.
    if (!label.startsWith('http-')) expect(theirs.length > 2, label).toBe(ours.length > 2);
    const [end, expected] = [ours.at(-1)!, theirs.at(-1)];
    expect(end.startedAt).toEqual(ours[0]!.startedAt);
    expect(end.finishedAt!.seconds).toBeGreaterThan(1_700_000_000n);
    if (expected === undefined) return expect(end.output.length).toBe(256_000);
    expect([end.success, end.jobName, end.group, end.attempt], label).toEqual([
      expected.success,
      expected.jobName,
      expected.group,
      expected.attempt,
    ]);
    // Both streams of a process written at the same moment come in any order.
    expect(text(end).split('\n').toSorted(), label).toEqual(here(text(expected)).split('\n').toSorted());
  }

  for (const { id, rpcs } of SCENARIOS) {
    if (NOT_PLAYED.test(id) || LEFT_ALONE.test(id)) continue;
    it(`${id}`, async () => {
      const calls = rpcs.filter(({ method }) => method === AGENT_RUN);
      expect(calls.length).toBeGreaterThan(0);
      // Two nodes were given the same run: here they are one.
      for (const call of calls.slice(0, id === 'two-nodes' ? 1 : 2)) await play(call, id);
    });
  }

  for (const { id, rpcs } of SCENARIOS.filter((one) => LEFT_ALONE.test(one.id))) {
    it(`${id}`, async () => {
      const recorded = rpcs.find(({ method }) => method === AGENT_RUN)!;
      const request = requestOf(recorded);
      const command = request.job!.executorConfig.get('command')!.replace('sleep 8', 'sleep 1');
      request.job!.executorConfig.set('command', command);
      const messages: Execution[] = [];
      const call = client.agentRun(request);
      call.on('error', () => {});
      call.on('data', ({ execution }: AgentRunStream) => messages.push(execution!));
      await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(recorded.messages.length - 1);
      call.cancel();
      const ours = (): Execution | undefined => delivered.find(({ group }) => group === request.execution!.group);
      await expect.poll(ours, { timeout: 20_000 }).toBeDefined();
      const reported = rpcs.filter(({ method }) => method === '/types.v1.Dkron/ExecutionDone');
      const [theirs] = reported
        .map(({ messages: [asked] }) => ExecutionDoneRequest.decode(bytesOf(asked!)).execution!)
        // What the leader told itself of the broken stream is no word of the agent.
        .filter(({ output }) => !output.toString().includes('abruptly terminated'));
      expect(theirs).toBeDefined();
      expect({ ...ours(), startedAt: 0, finishedAt: 0 }).toEqual({ ...theirs, startedAt: 0, finishedAt: 0 });
      const { startedAt, finishedAt } = ours()!;
      expect(startedAt).toEqual(messages[0]!.startedAt);
      expect(finishedAt!.seconds).toBeGreaterThanOrEqual(startedAt!.seconds);
    });
  }

  for (const recorded of CASES) {
    if (recorded.method !== AGENT_RUN || typeof recorded.status === 'string') continue;
    it(`${recorded.case}`, async () => {
      expect(recorded.messages.length).toBeGreaterThan(0);
      await play(
        { ...recorded, server: '', status: { ...(recorded.status as { code: number; message: string }), name: '' } },
        recorded.case,
      );
    });
  }

  it('a request that ends the process of the original is refused', async () => {
    for (const [request, details] of [
      [{ job: undefined, execution: undefined }, 'job is missing'],
      [
        {
          ...AgentRunRequest.decode(
            bytesOf(SCENARIOS[0]!.rpcs.find(({ method }) => method === AGENT_RUN)!.messages[0]!),
          ),
          execution: undefined,
        },
        'execution is missing',
      ],
    ] as const) {
      expect((await ask(request)).status).toMatchObject({ code: 3, details });
    }
    expect(CASES.filter(({ method, ends_process }) => ends_process === true && method === AGENT_RUN).length).toBe(3);
  });

  const request = (group: bigint, command: string): AgentRunRequest => {
    const base = AgentRunRequest.decode(
      bytesOf(SCENARIOS[0]!.rpcs.find(({ method }) => method === AGENT_RUN)!.messages[0]!),
    );
    const executorConfig = new Map([
      ['command', command],
      ['shell', 'true'],
    ]);
    return { job: { ...base.job!, executorConfig }, execution: { ...base.execution!, group } };
  };

  it('G-X2: the same attempt asked for twice runs once', async () => {
    const [first, second] = await Promise.all([1, 2].map(() => ask(request(77n, 'sleep 0.2; date +%N'))));
    expect(text(first!.executions.at(-1)!)).toBe(text(second!.executions.at(-1)!));
  });

  it('G-X12: a result whose caller is gone is handed over', async () => {
    const call = client.agentRun(request(78n, 'echo begin; sleep 0.3; echo end'));
    call.on('error', () => {});
    await new Promise((resolve) => call.once('data', resolve));
    call.cancel();
    const mine = (): Execution[] => delivered.filter(({ group }) => group === 78n);
    await expect.poll(() => mine().length, { timeout: 20_000 }).toBe(1);
    expect([text(mine()[0]!), mine()[0]!.success, mine()[0]!.nodeName]).toEqual(['begin\nend\n', true, 'a1']);
  });

  it('G-C16: the name before 4.0.9 is served, too', async () => {
    const { agentRun } = OldAgentService;
    expect(agentRun.path).toBe('/types.Agent/AgentRun');
    const end = await new Promise<Execution | undefined>((resolve) => {
      let last: Execution | undefined;
      const call = client.makeServerStreamRequest(
        agentRun.path,
        agentRun.requestSerialize,
        agentRun.responseDeserialize,
        request(79n, 'echo old'),
      );
      call.on('data', ({ execution }: AgentRunStream) => (last = execution));
      call.on('end', () => resolve(last));
    });
    expect(text(end!)).toBe('old\n');
  });
});
