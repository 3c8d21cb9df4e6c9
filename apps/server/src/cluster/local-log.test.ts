import { storeCodec } from '@dkron/contracts';
import type { Command } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { KeyValue } from '@dkron/store';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import { expect, it } from 'vitest';
import { LocalLog } from './local-log.ts';

const setting = (n: number): Command & { type: 'putSetting' } => ({
  type: 'putSetting',
  stamp: BigInt(n),
  key: `key-${n}`,
  value: String(n),
});

it('a failed write rejects it and all that waits, ends the log, and leaves what was acknowledged', async () => {
  const kv: KeyValue = new MemoryKeyValue();
  let failing = false;
  const batch = kv.batch.bind(kv);
  const failable: KeyValue = Object.assign(kv, {
    batch: (...args: Parameters<KeyValue['batch']>) =>
      failing ? Promise.reject(new Error('ENOSPC: no space left on device')) : batch(...args),
  });
  const open = () => Store.open({}, { kv: failable, codec: storeCodec, logger: silentLogger, metrics: noMetrics });
  const store = await open();
  const fatal: Error[] = [];
  const log = new LocalLog({
    store,
    codec: storeCodec.command,
    timers: systemTimers,
    logger: silentLogger,
    onFatal: (error) => fatal.push(error),
  });
  await Promise.all([log.propose(setting(1)), log.propose(setting(2))]);
  failing = true;
  const refused = await Promise.allSettled([log.propose(setting(3)), log.propose(setting(4))]);
  expect(refused.map((result) => result.status)).toEqual(['rejected', 'rejected']);
  expect(fatal).toHaveLength(1);
  expect(fatal[0]!.message).toContain('no space left');
  expect(log.leadershipValid()).toBe(false);
  failing = false;
  await expect(log.propose(setting(5))).rejects.toThrow('the log is closed');
  await log.close();
  const reopened = await open();
  expect([1, 2, 3, 4, 5].map((n) => reopened.getSetting(`key-${n}`))).toEqual([
    '1',
    '2',
    undefined,
    undefined,
    undefined,
  ]);
});

it('answers a proposal only after a write that was asked to reach the disk', async () => {
  const kv: KeyValue = new MemoryKeyValue();
  const batch = kv.batch.bind(kv);
  const writes: { readonly sync: boolean | undefined; readonly end: () => void }[] = [];
  const slow: KeyValue = Object.assign(kv, {
    batch: async (...[ops, options]: Parameters<KeyValue['batch']>) => {
      await new Promise<void>((resolve) => writes.push({ sync: options?.sync, end: resolve }));
      await batch(ops, options);
    },
  });
  const store = await Store.open({}, { kv: slow, codec: storeCodec, logger: silentLogger, metrics: noMetrics });
  const log = new LocalLog({
    store,
    codec: storeCodec.command,
    timers: systemTimers,
    logger: silentLogger,
    onFatal: (error) => expect.unreachable(error.message),
  });
  let answered = 0;
  const proposals = [1, 2].map((n) => log.propose(setting(n)).then(() => (answered += 1)));
  await expect.poll(() => writes.length).toBe(1);
  expect([writes[0]!.sync, answered]).toEqual([true, 0]);
  writes[0]!.end();
  await Promise.all(proposals);
  expect([writes.length, answered]).toEqual([1, 2]);
  await log.close();
});

it('a command that cannot be written is refused alone; the log goes on', async () => {
  const store = await Store.open(
    {},
    { kv: new MemoryKeyValue(), codec: storeCodec, logger: silentLogger, metrics: noMetrics },
  );
  const fatal: Error[] = [];
  const log = new LocalLog({
    store,
    codec: storeCodec.command,
    timers: systemTimers,
    logger: silentLogger,
    onFatal: (error) => fatal.push(error),
  });
  const tooLarge = { ...setting(1), stamp: 2n ** 63n };
  const outcomes = await Promise.allSettled([log.propose(tooLarge), log.propose(setting(2))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect([fatal, store.getSetting('key-2')]).toEqual([[], '2']);
  await log.close();
});

it('takes a proposal made in the very turn in which the one before was answered, and those after it', async () => {
  const store = await Store.open(
    {},
    { kv: new MemoryKeyValue(), codec: storeCodec, logger: silentLogger, metrics: noMetrics },
  );
  const log = new LocalLog({
    store,
    codec: storeCodec.command,
    timers: systemTimers,
    logger: silentLogger,
    onFatal: (error) => expect.unreachable(error.message),
  });
  let later: Promise<unknown> = log.propose(setting(1)).then(() => log.propose(setting(2)));
  for (let n = 3; n <= 20; n += 1) later = later.then(() => log.propose(setting(n)));
  await Promise.all([later, log.propose(setting(100)).then(() => log.propose(setting(101)))]);
  await log.close();
  expect(store.getSetting('key-20')).toBe('20');
  expect(store.getSetting('key-101')).toBe('101');
});
