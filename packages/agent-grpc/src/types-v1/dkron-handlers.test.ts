import * as wire from '@dkron/contracts/types-v1';
import { ZERO_TIME } from '@dkron/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DkronServers } from '../../test/dkron-server.ts';
import { definition, EngineCluster } from '../../test/engine-cluster.ts';
import { bytesOf, CASES } from '../../test/recorded.ts';
import type { RecordedCase } from '../../test/recorded.ts';

const DKRON = '/types.v1.Dkron/';
/** The nodes of the recording: n1 leads, n2 and n3 follow. */
const NODES = ['n1', 'n2', 'n3'];
/** Recorded on a follower that does not pass writes on. Ours does, apart from the removal of a peer. */
const FORWARDED = new Set([
  'SetJob/on follower',
  'DeleteExecutions/on follower',
  'DeleteJob/on follower',
  'SetExecution/on follower',
]);
/** Cases that need a run on a node, played one by one below. */
const BY_HAND =
  /^(RunJob\/(known|child|on follower|child job)|ExecutionDone\/|GetActive|Leave|RaftRemovePeerByID\/known|RaftGetConfiguration\/after|old service|unknown method|agent:|server:|content-type|SetJob\/(parent|child) for follower)/;

describe('types.v1.Dkron, played back', () => {
  let cluster: EngineCluster;
  let servers: DkronServers;

  beforeEach(async () => {
    cluster = await EngineCluster.start(NODES);
    cluster.elect('n1');
    servers = await DkronServers.start(cluster);
  });

  afterEach(async () => {
    servers.stop();
    await cluster.stop();
  });

  const nodeOf = ({ sent_to }: RecordedCase): string =>
    NODES.includes(sent_to.slice(0, 2)) ? sent_to.slice(0, 2) : 'n1';

  it('the sequence of calls: same status, same text, same message', async () => {
    const played = CASES.filter(
      (recorded) => recorded.method.startsWith(DKRON) && !BY_HAND.test(recorded.case) && recorded.ends_process !== true,
    );
    expect(played.length).toBeGreaterThan(40);
    for (const recorded of played) {
      // The recording's job was deleted on the follower's refusal only in ours.
      if (FORWARDED.has(recorded.case)) continue;
      const answer = await servers.call(nodeOf(recorded), recorded.method, bytesOf(recorded.messages[0]!));
      const status = recorded.status as { code: number; message: string };
      expect.soft([answer.code, answer.details], recorded.case).toEqual([status.code, status.message]);
      const expected = recorded.messages[1];
      if (expected?.type === undefined || status.code !== 0) continue;
      compare(recorded.case, expected.type, answer.bytes, bytesOf(expected));
    }
  });

  /** Times of the job, and what a run of it left, are not those of the recording. */
  function compare(label: string, type: string, ours: Buffer, theirs: Buffer): void {
    const codec = (
      wire as unknown as Record<string, { decode(bytes: Uint8Array): { job?: wire.Job; servers?: wire.RaftServer[] } }>
    )[type];
    if (codec === undefined) return expect(ours.length, label).toBe(0);
    const [a, b] = [codec.decode(ours), codec.decode(theirs)];
    if (type === 'RaftGetConfigurationResponse') {
      const names = (servers: wire.RaftServer[] | undefined): string[] =>
        (servers ?? [])
          .map(({ id, node, leader, voter, raftProtocol }) => [id, node, leader, voter, raftProtocol].join(' '))
          .toSorted();
      expect(names(a.servers), label).toEqual(names(b.servers));
      return;
    }
    const neutral = {
      next: undefined,
      status: '',
      successCount: 0,
      errorCount: 0,
      lastSuccess: undefined,
      lastError: undefined,
    };
    expect({ ...a.job, ...neutral }, label).toEqual({ ...b.job, ...neutral });
  }

  it('requests that end the process of the original are refused', async () => {
    const deadly = CASES.filter(({ method, ends_process }) => ends_process === true && method.startsWith(DKRON));
    expect(deadly.map((recorded) => recorded.case)).toEqual([
      'SetJob/request without job',
      'ExecutionDone/request without execution',
    ]);
    for (const recorded of deadly) {
      const { code } = await servers.call('n1', recorded.method, bytesOf(recorded.messages[0]!));
      expect(code, recorded.case).toBe(3);
    }
  });

  it('G-T2: a schedule that is only a zone is refused, and nothing else happens', async () => {
    const { job } = wire.SetJobRequest.decode(
      bytesOf(CASES.find((recorded) => recorded.case === 'SetJob/new')!.messages[0]!),
    );
    const bytes = Buffer.from(
      wire.SetJobRequest.encode({ job: { ...job!, name: 'deadly', schedule: 'TZ=UTC' } }).finish(),
    );
    expect((await servers.call('n1', `${DKRON}SetJob`, bytes)).code).toBe(2);
    expect(cluster.store.getJob('deadly')).toBeUndefined();
  });

  it('writes on a follower are done by the leader', async () => {
    const setJob = CASES.find((recorded) => recorded.case === 'SetJob/on follower')!;
    expect(await servers.call('n2', setJob.method, bytesOf(setJob.messages[0]!))).toMatchObject({ code: 0 });
    expect(cluster.store.getJob('rpc-onfollower')).toBeDefined();
    const name = Buffer.from(wire.DeleteJobRequest.encode({ jobName: 'rpc-onfollower' }).finish());
    expect(await servers.call('n3', `${DKRON}DeleteExecutions`, name)).toMatchObject({ code: 0 });
    expect(await servers.call('n3', `${DKRON}DeleteJob`, name)).toMatchObject({ code: 0 });
    expect(cluster.store.getJob('rpc-onfollower')).toBeUndefined();
    expect((await servers.call('n3', `${DKRON}DeleteJob`, name)).details).toBe(
      'grpc: Error wrong response from apply in DeleteJob: not found',
    );
    const peer = Buffer.from(wire.RaftRemovePeerByIDRequest.encode({ id: 'n3' }).finish());
    expect((await servers.call('n2', `${DKRON}RaftRemovePeerByID`, peer)).details).toBe('node is not the leader');
    expect(servers.removed).toEqual([]);
  });

  it('without a leader writes are refused with the text of the original', async () => {
    cluster.log.leader = undefined;
    const setJob = CASES.find((recorded) => recorded.case === 'SetJob/new')!;
    const answer = await servers.call('n2', setJob.method, bytesOf(setJob.messages[0]!));
    expect([answer.code, answer.details]).toEqual([2, 'node is not the leader']);
  });

  const nameOf = (jobName: string): Buffer => Buffer.from(wire.RunJobRequest.encode({ jobName }).finish());
  const doneOf = (group: bigint, over: Partial<wire.WireExecution> = {}): Buffer => {
    const execution = wire.executionToWire({
      jobName: 'job',
      success: true,
      output: Buffer.from('hi\n'),
      nodeName: 'a1',
      group,
      attempt: 1,
      startedAt: 1_700_000_000_000_000_000n,
      finishedAt: 1_700_000_001_000_000_000n,
      ...over,
    });
    return Buffer.from(wire.ExecutionDoneRequest.encode({ execution }).finish());
  };
  const payload = (bytes: Buffer): string => wire.ExecutionDoneResponse.decode(bytes).payload.toString();

  it('RunJob answers when the run is over, with the job as it was', async () => {
    await cluster.put(definition('job'));
    await cluster.startAgent();
    const answer = servers.call('n2', `${DKRON}RunJob`, nameOf('job'));
    await expect.poll(() => cluster.executor.runs.length, { timeout: 5000 }).toBe(1);
    const active = await servers.call('n1', `${DKRON}GetActiveExecutions`, Buffer.alloc(0));
    await expect
      .poll(
        async () =>
          wire.GetActiveExecutionsResponse.decode(
            (await servers.call('n1', `${DKRON}GetActiveExecutions`, Buffer.alloc(0))).bytes,
          ).executions.length,
      )
      .toBe(1);
    expect(active.code).toBe(0);
    cluster.executor.runs[0]!.end();
    const { code, bytes } = await answer;
    expect([code, wire.RunJobResponse.decode(bytes).job?.successCount]).toEqual([0, 0]);
    expect(cluster.store.getJob('job')?.state.successCount).toBe(1);
    expect(
      wire.GetActiveExecutionsResponse.decode(
        (await servers.call('n2', `${DKRON}GetActiveExecutions`, Buffer.alloc(0))).bytes,
      ).executions,
    ).toEqual([]);
  });

  it('a result that a node of the original reports ends its execution, once', async () => {
    await cluster.put(definition('job', { tags: null }));
    const run = await cluster.run('job');
    const answer = await servers.call('n1', `${DKRON}ExecutionDone`, doneOf(run.group));
    expect([answer.code, payload(answer.bytes)]).toEqual([0, 'saved']);
    expect(cluster.execution(run)).toMatchObject({ state: 'success', finishedAt: 1_700_000_001_000_000_000n });
    expect(payload((await servers.call('n1', `${DKRON}ExecutionDone`, doneOf(run.group))).bytes)).toBe('saved');
    expect(cluster.store.getJob('job')?.state.successCount).toBe(1);
  });

  it('failed with a retry left, and of an ephemeral job: the answer says what follows', async () => {
    await cluster.put(definition('job', { retries: 1 }));
    const run = await cluster.run('job');
    const failed = await servers.call('n1', `${DKRON}ExecutionDone`, doneOf(run.group, { success: false }));
    expect(payload(failed.bytes)).toBe('retry');
    await cluster.put(definition('once', { ephemeral: true }));
    const last = await cluster.run('once');
    const done = await servers.call('n1', `${DKRON}ExecutionDone`, doneOf(last.group, { jobName: 'once' }));
    expect([payload(done.bytes), cluster.store.getJob('once')]).toEqual(['deleted', undefined]);
  });

  it('on a follower a result is passed on, and answered as recorded, whatever the leader says', async () => {
    await cluster.put(definition('job'));
    const run = await cluster.run('job');
    const text = 'grpc: Error, server is not leader, this operation should be run on the leader';
    expect(await servers.call('n2', `${DKRON}ExecutionDone`, doneOf(run.group))).toMatchObject({
      code: 2,
      details: text,
    });
    expect(cluster.execution(run).state).toBe('success');
    const unknown = doneOf(run.group, { jobName: 'nosuch' });
    expect(await servers.call('n2', `${DKRON}ExecutionDone`, unknown)).toMatchObject({ code: 2, details: text });
    expect(await servers.call('n1', `${DKRON}ExecutionDone`, unknown)).toMatchObject({ code: 2, details: 'not found' });
  });

  it('G-X12: a result that comes while nobody leads waits for a leader', async () => {
    await cluster.put(definition('job'));
    const run = await cluster.run('job');
    cluster.log.leader = undefined;
    const answer = servers.call('n2', `${DKRON}ExecutionDone`, doneOf(run.group));
    await new Promise((resolve) => setTimeout(resolve, 100));
    cluster.log.leader = 'n1';
    expect((await answer).code).toBe(2);
    expect(cluster.execution(run).state).toBe('success');
  });

  it('a start that is reported makes it running; one that nobody decided is taken and forgotten', async () => {
    await cluster.put(definition('job'));
    const run = await cluster.run('job');
    const started = {
      jobName: 'job',
      success: false,
      output: new Uint8Array(0),
      nodeName: 'a1',
      group: run.group,
      attempt: 1,
      startedAt: 5n,
      finishedAt: ZERO_TIME,
    };
    const bytes = (over: object): Buffer =>
      Buffer.from(wire.Execution.encode(wire.executionToWire({ ...started, ...over })).finish());
    expect((await servers.call('n2', `${DKRON}SetExecution`, bytes({}))).code).toBe(0);
    expect(cluster.execution(run)).toMatchObject({ state: 'running', startedAt: 5n });
    expect((await servers.call('n1', `${DKRON}SetExecution`, bytes({ group: 99n }))).code).toBe(0);
    expect([...cluster.store.executions('job')]).toHaveLength(1);
  });

  it('peers and leaving', async () => {
    const id = Buffer.from(wire.RaftRemovePeerByIDRequest.encode({ id: 'n3' }).finish());
    expect((await servers.call('n1', `${DKRON}RaftRemovePeerByID`, id)).code).toBe(0);
    expect(servers.removed).toEqual(['n3']);
    expect((await servers.call('n2', `${DKRON}Leave`, Buffer.alloc(0))).code).toBe(0);
    expect(servers.left).toEqual(['n2']);
  });

  it('G-C16: the names before 4.0.9 are served, too', async () => {
    await cluster.put(definition('job'));
    expect((await servers.call('n1', '/types.Dkron/GetJob', nameOf('job'))).code).toBe(0);
  });
});
