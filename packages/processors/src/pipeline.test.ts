import type { Labels } from '@dkron/runtime';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { ManualTime, MemoryLogger } from '@dkron/runtime/testing';
import { expect, it } from 'vitest';
import { ProcessorPipeline } from './index.ts';
import type { Processor, ProcessorContext, ProcessorInput } from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (output: Uint8Array): string => new TextDecoder().decode(output);
const INPUT: ProcessorInput = {
  executionId: '1-node',
  jobName: 'job',
  nodeName: 'node',
  reportingNode: 'leader',
  success: true,
  startedAt: '2026-01-01T00:00:00Z',
  output: bytes('out'),
};

/** Adds its name and setting to the output. */
const adding = (name: string): Processor => ({
  name,
  process: async (input, config) => bytes(`${text(input.output)}+${name}${config['mark'] ?? ''}`),
});
const failing = (name: string, error: unknown): Processor => ({ name, process: () => Promise.reject(error as Error) });

function pipelineOf(...processors: Processor[]): {
  pipeline: ProcessorPipeline;
  time: ManualTime;
  logger: MemoryLogger;
} {
  const time = new ManualTime();
  const logger = new MemoryLogger();
  return { time, logger, pipeline: new ProcessorPipeline({}, { processors, timers: time, logger }) };
}

it('counts by name and end, and closes what there is', async () => {
  const counted: unknown[] = [];
  const metrics = { ...noMetrics, counter: () => ({ add: (_: number, labels?: Labels) => void counted.push(labels) }) };
  let closed = 0;
  const closing = (name: string): Processor => ({
    ...adding(name),
    close: async () => {
      closed++;
      throw new Error('late');
    },
  });
  const processors = [closing('a'), closing('b'), failing('c', new Error('broken'))];
  const pipeline = new ProcessorPipeline({}, { processors, timers: new ManualTime(), logger: silentLogger, metrics });
  await pipeline.run(INPUT, { a: {}, c: {}, 'whatever-1': {} });
  expect(counted).toEqual([
    { processor: 'a', result: 'success' },
    { processor: 'c', result: 'failed' },
    { processor: 'unknown', result: 'failed' },
  ]);
  await pipeline.close();
  expect(closed).toBe(2);
});

it('G-E9: runs in ascending order of names, each with the output of the one before', async () => {
  const { pipeline, time } = pipelineOf(adding('c'), adding('a'), adding('b'));
  const result = await pipeline.run(INPUT, { c: {}, b: { mark: '!' }, a: {} });
  expect({ ...result, output: text(result.output) }).toEqual({
    output: 'out+a+b!+c',
    ran: ['a', 'b', 'c'],
    failures: [],
  });
  expect(time.pendingCount).toBe(0);
});

it('G-E7: a failing or missing processor leaves the output as it was and the rest runs', async () => {
  const throwing: Processor = {
    name: 'd',
    process: () => {
      throw new Error('at once');
    },
  };
  const { pipeline, logger } = pipelineOf(
    adding('a'),
    failing('b', new Error('broken')),
    failing('e', 'text'),
    throwing,
    adding('z'),
  );
  const result = await pipeline.run(INPUT, { a: {}, b: {}, c: {}, d: {}, e: {}, z: {} });
  expect(text(result.output)).toBe('out+a+z');
  expect(result.ran).toEqual(['a', 'z']);
  expect(result.failures).toEqual([
    { name: 'b', error: 'broken' },
    { name: 'c', error: 'no processor named c' },
    { name: 'd', error: 'at once' },
    { name: 'e', error: 'text' },
  ]);
  expect(logger.records.map((record) => record.level)).toEqual(['error', 'error', 'error', 'error']);
});

it('G-E9: gives each 30 seconds, tells it to stop and goes on', async () => {
  const contexts: ProcessorContext[] = [];
  const stuck: Processor = {
    name: 'a',
    process: (_input, _config, context) => {
      contexts.push(context);
      return new Promise(() => {});
    },
  };
  const { pipeline, time } = pipelineOf(stuck, adding('b'));
  const done = pipeline.run(INPUT, { a: {}, b: {} });
  await time.advance(29_999);
  expect(contexts[0]?.signal.aborted).toBe(false);
  await time.advance(1);
  const result = await done;
  expect(text(result.output)).toBe('out+b');
  expect(result.failures).toEqual([{ name: 'a', error: 'processor a took longer than 30000 ms' }]);
  expect(contexts[0]?.signal.aborted).toBe(true);
});

it('stops when the node stops', async () => {
  const stop = new AbortController();
  const stuck: Processor = { name: 'a', process: () => new Promise(() => {}) };
  const { pipeline, time } = pipelineOf(stuck, adding('b'));
  const done = pipeline.run(INPUT, { a: {}, b: {} }, stop.signal);
  stop.abort();
  expect((await done).failures.map((failure) => failure.error)).toEqual([
    'processor a was stopped',
    'processor b was stopped',
  ]);
  expect(time.pendingCount).toBe(0);
});

it('takes nothing but bytes for an output', async () => {
  const { pipeline } = pipelineOf({ name: 'a', process: () => Promise.resolve('text' as never) });
  expect((await pipeline.run(INPUT, { a: {} })).failures).toEqual([
    { name: 'a', error: 'processor a returned no bytes' },
  ]);
});

it('G-E6: gives each call its own settings', async () => {
  const seen: unknown[] = [];
  const keeping: Processor = {
    name: 'a',
    process: async (input, config) => {
      seen.push(config);
      (config as Record<string, string>)['mark'] = 'changed';
      return input.output;
    },
  };
  const { pipeline } = pipelineOf(keeping);
  const shared = { mark: 'own' };
  await Promise.all([pipeline.run(INPUT, { a: shared }), pipeline.run(INPUT, { a: shared })]);
  expect(shared).toEqual({ mark: 'own' });
  expect(seen[0]).not.toBe(seen[1]);
});

it('refuses two processors of one name', () => {
  expect(() => pipelineOf(adding('a'), adding('a'))).toThrow('two processors are named a');
});
