import { describe, expect, it } from 'vitest';
import { silentLogger } from '@dkron/runtime';
import { MemoryKeyValue } from '../memory/index.ts';
import { jobDefinition, manualRun, putJob } from '../testing/fixtures.ts';
import { openHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';
import { jsonCodec } from '../testing/json-codec.ts';
import type { BackupHeader } from './backup-file.ts';
import { readBackup, writeBackup } from './backup-file.ts';
import { inspectBackup } from './inspect.ts';
import { prepareRestored } from './prepare-restored.ts';

const HEADER: BackupHeader = {
  software: 'test 1.0',
  created_at: '2026-01-02T03:04:05Z',
  node: 'a',
  region: 'global',
  cluster_id: 'c0ffee',
  index: 7,
  term: 2,
  feature_level: 1,
  members: [{ id: 'a', address: '10.0.0.1:6868', voter: true }],
};

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

async function* streamOf(bytes: Uint8Array, step = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield await Promise.resolve(bytes.subarray(at, at + step));
}

async function saved(): Promise<{ source: Harness; whole: Buffer }> {
  const source = await openHarness();
  for (const name of ['a', 'b', 'c']) await source.apply(putJob(source.stamp(), jobDefinition(name, { retries: 3 })));
  await source.apply(manualRun(source.stamp(), 'a'));
  return { source, whole: await bytesOf(writeBackup(HEADER, source.store.snapshot())) };
}

const refused = { code: 'bad_snapshot', message: expect.stringContaining('refused') as string };

describe('backup file', () => {
  it('tells where it is from and what it holds, however it comes in', async () => {
    const { source, whole } = await saved();
    for (const step of [1, 7, 4096]) {
      expect(await inspectBackup(streamOf(whole, step))).toMatchObject({
        ...HEADER,
        counts: { jobs: 3, open_runs: 1, ledger_entries: 1 },
        state_hash: source.store.stateHash().hash,
        last_command: Number(source.store.appliedIndex()),
      });
    }
    const target = await openHarness();
    await target.store.restore((await readBackup(streamOf(whole, 5))).state);
    expect(target.store.stateHash()).toEqual(source.store.stateHash());
  });

  it('cut anywhere it is refused', async () => {
    const { whole } = await saved();
    for (let length = 0; length < whole.length; length++) {
      await expect(inspectBackup(streamOf(whole.subarray(0, length)))).rejects.toMatchObject(refused);
    }
  });

  it('with any bit turned over it is refused', async () => {
    const { whole } = await saved();
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = damaged[at]! ^ (1 << (at % 8));
      await expect(inspectBackup(streamOf(damaged)), `byte ${at}`).rejects.toMatchObject(refused);
    }
  });

  it('names what is wrong', async () => {
    const { whole } = await saved();
    const refusal = (bytes: Uint8Array): Promise<string> =>
      inspectBackup(streamOf(bytes)).then(
        () => '',
        (error: Error) => error.message,
      );
    expect(await refusal(Buffer.from('[{"name":"a job of GET /v1/jobs"}]'))).toContain('it is no backup');
    const later = Buffer.from(whole);
    later.write('02', 6);
    expect(await refusal(later)).toContain('format "02", this version reads 01');
    expect(await refusal(whole.subarray(0, 300))).toContain('it is cut after 300 bytes');
    expect(await refusal(Buffer.concat([whole, whole]))).toContain('it goes on after its end');
  });
});

describe('a saved state for a cluster that goes on', () => {
  it('does nothing again: open ends as lost without retry, dues are dropped, past ticks are decided', async () => {
    const { source } = await saved();
    const { store } = source;
    const [open] = [...store.openExecutions()];
    // b waits for a retry, c runs.
    for (const name of ['b', 'c']) await source.apply(manualRun(source.stamp(), name));
    const ids = new Map([...store.openExecutions()].map(({ jobName, id }) => [jobName, id]));
    await source.update({
      kind: 'finished',
      id: ids.get('b')!,
      attempt: 1,
      state: 'failed',
      reason: 'exit',
      exitCode: 1,
      startedAt: 1n,
      finishedAt: 2n,
      output: { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 },
      slotHoldMs: null,
    });
    await source.update({ kind: 'started', id: ids.get('c')!, attempt: 1, at: 5n });
    expect([...store.dues()].map(({ kind }) => kind)).toEqual(['retry']);

    const kv = new MemoryKeyValue();
    const stamp = store.lastStamp() + 1_000_000n;
    const prepared = await prepareRestored(
      { stamp, coming: () => ({ decidedUpTo: stamp, nextTick: stamp + 60n }) },
      { kv, codec: jsonCodec, logger: silentLogger },
      store.snapshot(),
    );
    expect(prepared.jobs).toBe(3);
    const target = await openHarness();
    await target.apply(putJob(10n, jobDefinition('old')));
    await target.store.restore(prepared.snapshot(), { index: 99n, stamp: 3n });
    const restored = target.store;
    expect(restored.appliedIndex()).toBe(99n);
    expect(restored.lastStamp()).toBe(stamp);
    expect([...restored.openExecutions()]).toEqual([]);
    expect([...restored.dues()]).toEqual([]);
    for (const name of ['a', 'b', 'c']) {
      expect(restored.openRuns(name)).toEqual([]);
      expect(restored.getJob(name)?.state).toMatchObject({
        decidedUpTo: stamp,
        nextTick: stamp + 60n,
        version: store.getJob(name)!.state.version,
        status: 'failed',
        errorCount: 1,
      });
    }
    expect(restored.getExecution(open!.id)).toMatchObject({ state: 'lost', reason: 'restart' });
    expect(restored.getExecution(ids.get('b')!)).toMatchObject({ state: 'failed', reason: 'exit' });
    // Its node may still run it, and says so.
    expect(await target.update({ kind: 'started', id: ids.get('c')!, attempt: 1, at: 5n })).toEqual(['applied']);
    const reopened = await openHarness({}, target.kv);
    expect(reopened.store.appliedIndex()).toBe(100n);
  });

  it('stamps and index of the restoring log win over older ones of the backup', async () => {
    const { source } = await saved();
    const target = await openHarness();
    await target.store.restore(source.store.snapshot(), { index: 3n, stamp: 1_000n });
    expect([target.store.appliedIndex(), target.store.lastStamp()]).toEqual([3n, 1_000n]);
    const empty = await openHarness();
    await target.store.restore(empty.store.snapshot(), { index: 4n, stamp: 1_000n });
    expect([target.store.appliedIndex(), target.store.lastStamp(), target.store.jobCount()]).toEqual([4n, 1_000n, 0]);
  });
});
