import { silentLogger } from '@dkron/runtime';
import { describe, expect, it } from 'vitest';
import type { ProcessorInput } from '../index.ts';
import { processorSuite } from '../suite/index.ts';
import { logProcessor } from './index.ts';

processorSuite({ describe, it }, { name: 'log', make: () => logProcessor({ stdout: () => {}, stderr: () => {} }) });

it.each([
  [true, 'stdout'],
  [false, 'stderr'],
])('success %s: prints to %s, framed', async (success, stream) => {
  const printed: [string, string][] = [];
  const to = (name: string) => (bytes: Uint8Array) => void printed.push([name, Buffer.from(bytes).toString()]);
  const input: ProcessorInput = {
    executionId: '1-node',
    jobName: 'job',
    nodeName: 'node',
    reportingNode: 'leader',
    success,
    startedAt: '2026-01-01T00:00:00Z',
    output: Buffer.from('two\nlines'),
  };
  const context = { signal: new AbortController().signal, logger: silentLogger };
  const output = await logProcessor({ stdout: to('stdout'), stderr: to('stderr') }).process(input, {}, context);
  const text = '----- BEGIN OUTPUT job=job execution=1-node -----\ntwo\nlines\n----- END OUTPUT -----\n';
  expect(printed).toEqual([[stream, text]]);
  expect(Buffer.from(output).toString()).toBe('Output in dkron log');
});
