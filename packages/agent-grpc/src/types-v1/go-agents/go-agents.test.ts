import type { Server, ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js';
import type { AgentRunRequest, AgentRunStream, Execution, Job } from '@dkron/contracts/types-v1';
import {
  AgentRunRequest as AgentRunRequestCodec,
  AgentServiceService,
  ExecutionDoneRequest,
  jobFromWire,
  timestampToWire,
} from '@dkron/contracts/types-v1';
import { ADDITIVE_DEFAULTS } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { silentLogger } from '@dkron/runtime';
import { systemClock, systemTimers } from '@dkron/runtime/system';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DkronServers } from '../../../test/dkron-server.ts';
import { definition, EngineCluster, LEASE_MS } from '../../../test/engine-cluster.ts';
import { serve } from '../../../test/grpc-server.ts';
import { Proxy } from '../../../test/proxy.ts';
import { bytesOf, SCENARIOS } from '../../../test/recorded.ts';
import { AgentRunStream as AgentRunStreamCodec } from '@dkron/contracts/types-v1';
import { GoAgents } from './go-agents.ts';
import type { GoAgentsOptions } from './options.ts';

type Call = ServerWritableStream<AgentRunRequest, AgentRunStream>;
type Script = (call: Call) => void;

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** Agents of the original as a script, in sessions with a real engine. */
describe('agents of the original, driven by AgentRun', () => {
  let cluster: EngineCluster;
  let agent: Server;
  let proxy: Proxy;
  let fleet: GoAgents;
  let script: Script;
  let calls: Call[];
  let alive: boolean;

  const newFleet = (options: GoAgentsOptions = {}, address = proxy.address): GoAgents =>
    new GoAgents(
      { leaseMs: LEASE_MS, dialTimeoutMs: 200, initialIntervalMs: 50, ...options },
      {
        clock: systemClock,
        timers: systemTimers,
        logger: silentLogger,
        region: 'global',
        view: cluster.store,
        accept: (channel) => cluster.leader.engine.accept(channel),
        members: () => [{ name: 'a1', address, alive }],
      },
    );

  beforeEach(async () => {
    calls = [];
    alive = true;
    script = (call) => send(call, { startedAt: timestampToWire(systemClock.wallNanos()) });
    const served = await serve([
      AgentServiceService as unknown as ServiceDefinition,
      {
        agentRun: (call: Call) => {
          calls.push(call);
          script(call);
        },
      },
    ]);
    agent = served.server;
    proxy = await Proxy.to(served.address);
    cluster = await EngineCluster.start(['s1', 's2']);
    cluster.elect('s1');
    await cluster.put(definition('job', { executor: 'shell', executorConfig: { command: 'x' } }));
    fleet = newFleet();
    fleet.start();
  });

  afterEach(async () => {
    fleet.stop();
    await cluster.stop();
    proxy.close();
    agent.forceShutdown();
  });

  const send = (call: Call, over: Partial<Execution>): void => {
    const { execution } = call.request;
    call.write({ execution: { ...execution!, nodeName: 'a1', ...over } });
  };
  const finish = (call: Call, output: string, success = true): void => {
    const now = timestampToWire(systemClock.wallNanos());
    send(call, { startedAt: now, finishedAt: now, output: Buffer.from(output), success });
    call.end();
  };
  const becomes = (run: Parameters<EngineCluster['execution']>[0], state: string): Promise<void> =>
    expect.poll(() => cluster.execution(run).state, { timeout: 8000 }).toBe(state);
  const outputOf = (run: Parameters<EngineCluster['execution']>[0]): string =>
    text(cluster.store.getOutput(run.targets[0]!.executionId)?.tail);

  it('the first message is the start, the end of the stream the result', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    finish(calls[0]!, 'done');
    await becomes(run, 'success');
    expect(outputOf(run)).toBe('done');
    const { job, execution } = calls[0]!.request;
    expect([job?.name, job?.executor, job?.executorConfig.get('command')]).toEqual(['job', 'shell', 'x']);
    expect(execution).toMatchObject({
      jobName: 'job',
      attempt: 1,
      group: run.group,
      startedAt: timestampToWire(ZERO_TIME),
      finishedAt: timestampToWire(ZERO_TIME),
    });
  });

  it('live output reaches watchers', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    const seen: string[] = [];
    cluster.leader.engine.watchOutput(run.targets[0]!.executionId, {
      chunk: ({ bytes }) => void seen.push(text(bytes)),
      ended: () => void seen.push('END'),
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    send(calls[0]!, { output: Buffer.from('one ') });
    send(calls[0]!, { output: Buffer.from('two') });
    await expect.poll(() => seen.join('')).toBe('one two');
    finish(calls[0]!, 'one two');
    await expect.poll(() => seen.at(-1)).toBe('END');
  });

  it('G-X2: an error status is the result, and nothing is sent again', async () => {
    script = (call) => call.emit('error', { code: 14, details: 'try later' });
    const run = await cluster.run('job');
    await becomes(run, 'failed');
    expect(outputOf(run)).toBe(
      'grpc: Error on execution streaming, agent connection was abruptly terminated: rpc error: code = Unavailable desc = try later',
    );
    expect(calls).toHaveLength(1);
  });

  it('G-X7: a stream that ends without a result ends the execution', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    calls[0]!.end();
    await becomes(run, 'failed');
    expect(outputOf(run)).toContain('without a result');
  });

  it('G-X16: a broken stream is no end: it runs on, nothing is started again, and a result that is reported ends it', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    proxy.set('cut');
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 2));
    expect(cluster.execution(run).state).toBe('running');
    expect(calls).toHaveLength(1);
    proxy.set('open');
    const second = await cluster.run('job');
    await expect.poll(() => calls.length, { timeout: 5000 }).toBe(2);
    finish(calls[1]!, 'second');
    await becomes(second, 'success');
  });

  it('what was not reached is dialed again while pending, and then given up', async () => {
    proxy.set('cut');
    const run = await cluster.run('job');
    await new Promise((resolve) => setTimeout(resolve, 120));
    proxy.set('open');
    await becomes(run, 'running');
    expect(calls).toHaveLength(1);
    fleet.stop();
    fleet = newFleet({ maxRetries: 1 }, '127.0.0.1:1');
    fleet.start();
    const never = await cluster.run('job');
    await expect.poll(() => cluster.execution(never).state, { timeout: 8000 }).not.toBe('pending');
    expect(cluster.execution(never).reason).toBe('unreachable');
  });

  it('G-X1: a member that failed loses what it had after a lease', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    alive = false;
    fleet.sync();
    await becomes(run, 'lost');
    expect(cluster.execution(run).reason).toBe('lease');
  });

  it('a member that failed and came back with its stream reports the true result', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    alive = false;
    fleet.sync();
    await becomes(run, 'lost');
    alive = true;
    fleet.sync();
    await becomes(run, 'running');
    finish(calls[0]!, 'late');
    await becomes(run, 'success');
    expect([outputOf(run), calls.length]).toEqual(['late', 1]);
  });

  it('an agent that joined anew has lost what no stream tells of', async () => {
    const [told, run] = [await cluster.run('job'), await cluster.run('job')];
    await becomes(told, 'running');
    await becomes(run, 'running');
    proxy.set('cut');
    await expect.poll(() => calls.every(({ cancelled }) => cancelled)).toBe(true);
    proxy.set('open');
    const streaming = await cluster.run('job');
    await becomes(streaming, 'running');
    fleet.restarted('a1');
    await becomes(run, 'lost');
    await becomes(told, 'lost');
    expect([cluster.execution(run).reason, cluster.execution(streaming).state]).toEqual(['restart', 'running']);
  });

  it('a new leader sends nothing again and waits for results', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    fleet.stop();
    cluster.elect('s2');
    fleet = newFleet();
    fleet.start();
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 2));
    expect([cluster.execution(run).state, calls.length]).toEqual(['running', 1]);
  });

  it('what an earlier leader may have sent is not sent again, and is lost after a lease', async () => {
    fleet.stop();
    script = () => {};
    const run = await cluster.run('job');
    expect(cluster.execution(run).state).toBe('pending');
    cluster.elect('s2');
    fleet = newFleet();
    fleet.start();
    await expect.poll(() => cluster.execution(run).state, { timeout: 8000 }).not.toBe('pending');
    expect([cluster.execution(run).reason, calls.length]).toEqual(['unreachable', 0]);
  });

  it('an orphan is given up in the end', async () => {
    const run = await cluster.run('job');
    await becomes(run, 'running');
    fleet.stop();
    fleet = newFleet({ orphanMs: 300 });
    fleet.start();
    await becomes(run, 'lost');
    expect(cluster.execution(run).reason).toBe('lease');
  });

  /** What the agent of the recording said; its own job and group do not matter to us. */
  for (const { id, rpcs } of SCENARIOS) {
    const recorded = rpcs.find(({ method }) => method.endsWith('/AgentRun'));
    if (recorded?.status === undefined || recorded.messages.some(({ hex }) => hex === undefined)) continue;
    it(`recorded: ${id}`, async () => {
      const answers = recorded.messages
        .slice(1)
        .map((message) => AgentRunStreamCodec.decode(bytesOf(message)).execution!);
      const status = recorded.status!;
      script = (call) => {
        for (const execution of answers) {
          const { group, attempt } = call.request.execution!;
          call.write({ execution: { ...execution, group, attempt } });
        }
        if (status.code === 0) call.end();
        else call.emit('error', { code: status.code, details: status.message });
      };
      const run = await cluster.run('job');
      await expect.poll(() => cluster.execution(run).state, { timeout: 5000 }).toMatch(/success|failed/);
      const last = answers.at(-1);
      const final =
        status.code === 0 && last?.finishedAt !== undefined && last.finishedAt.seconds > 0n ? last : undefined;
      expect(cluster.execution(run).state).toBe(final?.success === true ? 'success' : 'failed');
      if (final !== undefined) {
        const stored = cluster.store.getOutput(run.targets[0]!.executionId)?.tail;
        expect(Buffer.from(stored ?? []).equals(final.output)).toBe(true);
      } else if (status.code !== 0) {
        const done = `rpc error: code = ${status.name} desc = ${status.message}`;
        expect(outputOf(run)).toBe(
          `grpc: Error on execution streaming, agent connection was abruptly terminated: ${done}`,
        );
      }
    });
  }

  /** First attempts: the original's further ones carry times of the one before, ours never do. */
  const requests = SCENARIOS.flatMap(({ id, rpcs }) =>
    rpcs.flatMap(({ method, messages: [asked] }) => {
      if (!method.endsWith('/AgentRun') || asked?.hex === undefined || id.startsWith('server-side/')) return [];
      const request = AgentRunRequestCodec.decode(bytesOf(asked));
      return request.execution!.attempt === 1 && request.job!.parentJob === '' ? [{ id, request }] : [];
    }),
  );

  /** What depends on when and how often the job ran. */
  const timeless = (job: Job): Job => ({
    ...job,
    next: undefined,
    status: '',
    successCount: 0,
    errorCount: 0,
    lastSuccess: undefined,
    lastError: undefined,
  });

  it('what an agent is asked is what the original asks', async () => {
    expect(requests.length).toBeGreaterThan(25);
    for (const { id, request } of requests) {
      const job = request.job!;
      await cluster.put(jobFromWire(job, ADDITIVE_DEFAULTS).definition);
      const before = calls.length;
      script = (call) => finish(call, 'done');
      const run = await cluster.run(job.name);
      if (run.targets.length === 0) throw new Error(`${id}: no target`);
      await expect.poll(() => calls.length, { timeout: 20_000 }).toBe(before + 1);
      const ours = calls.at(-1)!.request;
      expect(timeless(ours.job!), id).toEqual(timeless(job));
      expect({ ...ours.execution, group: 0n }, id).toEqual({ ...request.execution, group: 0n });
      // An ephemeral job is gone with its success.
      await expect.poll(() => [...cluster.store.openRuns(job.name)], { timeout: 20_000 }).toEqual([]);
    }
  }, 120_000);

  for (const { id, rpcs } of SCENARIOS.filter((one) => /^(stream-lost|leader-killed)/.test(one.id))) {
    it(`recorded: ${id}`, async () => {
      const said = rpcs.find(({ method }) => method.endsWith('/AgentRun'))!.messages.slice(1);
      const reports = rpcs.filter(({ method, messages: [asked] }) => {
        if (!method.endsWith('/ExecutionDone')) return false;
        const { execution } = ExecutionDoneRequest.decode(bytesOf(asked!));
        return !execution!.output.toString().includes('abruptly terminated');
      });
      script = (call) => {
        const { group, attempt, jobName } = call.request.execution!;
        for (const message of said) {
          const { execution } = AgentRunStreamCodec.decode(bytesOf(message));
          call.write({ execution: { ...execution!, group, attempt, jobName } });
        }
      };
      const servers = await DkronServers.start(cluster);
      const run = await cluster.run('job');
      await becomes(run, 'running');
      if (id.startsWith('leader-killed')) {
        fleet.stop();
        cluster.elect('s2');
        fleet = newFleet();
        fleet.start();
      } else {
        proxy.set('cut');
        proxy.set('open');
      }
      // The server of the recording that did not lead is here the one that does not.
      const [first, ...passedOn] = reports;
      const { execution } = ExecutionDoneRequest.decode(bytesOf(first!.messages[0]!));
      const { group } = calls[0]!.request.execution!;
      const report = { execution: { ...execution!, jobName: 'job', group } };
      const follower = passedOn.length > 0;
      const leader = cluster.leader.name;
      const at = follower ? (leader === 's1' ? 's2' : 's1') : leader;
      const answer = await servers.call(at, first!.method, Buffer.from(ExecutionDoneRequest.encode(report).finish()));
      expect([answer.code, answer.details]).toEqual([first!.status!.code, first!.status!.message]);
      await becomes(run, 'success');
      expect(outputOf(run)).toBe(execution!.output.toString());
      expect(calls).toHaveLength(1);
      servers.stop();
    });
  }
});
