import { silentLogger } from '@dkron/runtime';
import { ManualTime, seededRandom } from '@dkron/runtime/testing';
import { systemTimers } from '@dkron/runtime/system';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ForwardReceiver } from '../../test/forward-receiver.ts';
import { INPUT } from '../../test/input.ts';
import type { Processor } from '../index.ts';
import { processorSuite } from '../suite/index.ts';
import type { FluentProcessorOptions } from './index.ts';
import { fluentProcessor } from './index.ts';

const receiver = new ForwardReceiver();
const deaf = new ForwardReceiver();
beforeAll(() => Promise.all([receiver.listen(), deaf.listen()]));
beforeEach(() => {
  receiver.events.length = 0;
  deaf.acknowledges = false;
});
afterAll(() => Promise.all([receiver.close(), deaf.close()]));

const made: Processor[] = [];
const make = (options: FluentProcessorOptions, timers = systemTimers) => {
  const processor = fluentProcessor({ host: '127.0.0.1', ...options }, { timers, random: seededRandom(1) });
  made.push(processor);
  return processor;
};
afterEach(async () => {
  for (const processor of made.splice(0)) await processor.close?.();
});

const send = async (processor: Processor, config: Record<string, string> = {}, input = INPUT) => {
  const context = { signal: new AbortController().signal, logger: silentLogger };
  return Buffer.from(await processor.process(input, config, context)).toString();
};

describe('with a receiver', () => {
  processorSuite(
    { describe, it },
    {
      name: 'fluent',
      make: () => make({ port: receiver.port }),
      failing: { make: () => make({ port: 1 }), config: {} },
      hanging: { make: () => make({ port: deaf.port }), config: {} },
    },
  );
});

it('sends events of the form that the original sends, to the nanosecond', async () => {
  const finishedAt = '2026-01-01T00:00:01.000000012Z';
  const sent = make({ port: receiver.port });
  expect(await send(sent, {}, { ...INPUT, finishedAt })).toBe('Output sent to Fluent');
  const bytes = Uint8Array.from([0xff, 0]);
  await send(sent, { tag: 'own' }, { ...INPUT, executionId: '2-node', output: bytes });
  expect(receiver.events).toMatchObject([
    {
      tag: 'dkron',
      seconds: Date.UTC(2026, 0, 1, 0, 0, 1) / 1_000,
      nanos: 12,
      record: { host: 'worker', job_name: 'job', message: 'content' },
    },
    { tag: 'own' },
  ]);
  expect(Buffer.from(receiver.events[1]!.record['message'] as Uint8Array).equals(bytes)).toBe(true);
});

it('keeps what was not acknowledged, in order, and sends it when the receiver is back', async () => {
  const own = new ForwardReceiver();
  await own.listen();
  const { port } = own;
  const processor = make({ port });
  await send(processor);
  await own.close();
  for (const executionId of ['2-node', '3-node', '4-node']) {
    await expect(send(processor, {}, { ...INPUT, executionId })).rejects.toThrow(
      /^processor fluent: not acknowledged, [1-3] events are kept and sent later: 127\.0\.0\.1:[0-9]+: /,
    );
  }
  await own.listen(port);
  const chunks = ['2-node', '3-node', '4-node'].map((id) => Buffer.from(id).toString('base64'));
  await vi.waitFor(() => expect(own.events.slice(1).map(({ chunk }) => chunk)).toEqual(chunks), { timeout: 60_000 });
  await vi.waitFor(() => send(processor, {}, { ...INPUT, executionId: '5-node' }), { timeout: 60_000 });
  await own.close();
});

it('sends again what is not acknowledged in time', async () => {
  const own = new ForwardReceiver();
  await own.listen();
  own.acknowledges = false;
  const time = new ManualTime();
  const sent = send(make({ port: own.port }, time)).catch(String);
  await vi.waitFor(() => expect(own.events).toHaveLength(1), { timeout: 20_000 });
  await time.advance(10_000);
  expect(await sent).toContain('no a');
  own.acknowledges = true;
  await vi.waitFor(
    async () => {
      await time.advance(15_000);
      expect(own.events.length).toBeGreaterThan(1);
    },
    { timeout: 20_000 },
  );
  expect(new Set(own.events.map(({ chunk }) => chunk)).size).toBe(1);
  await own.close();
});

it('keeps no more than it may, and says what it dropped', async () => {
  const processor = make({ port: 1, eventsMax: 2 });
  for (const executionId of ['1', '2']) await send(processor, {}, { ...INPUT, executionId }).catch(() => {});
  await expect(send(processor, {}, { ...INPUT, executionId: '3' })).rejects.toThrow(/dropped, as 2 events wait for/);
  await expect(send(processor, {}, { ...INPUT, executionId: '2' })).rejects.toThrow(/2 events are kept/);
  const small = make({ port: 1, bytesMax: 1_000 });
  await expect(send(small, {}, { ...INPUT, output: Buffer.alloc(1_000) })).rejects.toThrow(/dropped/);
});

it('says which variable is missing', async () => {
  await expect(send(make({ host: undefined }))).rejects.toThrow(
    "processor fluent: FLUENTBIT_HOST: is not in the node's environment",
  );
});
