import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLogger } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { ProcessorInput } from '../index.ts';
import { processorSuite } from '../suite/index.ts';
import { filesProcessor } from './index.ts';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'processors-'));

processorSuite(
  { describe, it },
  {
    name: 'files',
    make: () => filesProcessor({ defaultFolder: join(newFolder(), 'made') }),
    failing: { make: () => filesProcessor(), config: { log_dir: join(newFolder(), 'absent') } },
  },
);

async function run(config: Record<string, string>, more: Partial<ProcessorInput> = {}, defaultFolder?: string) {
  const logger = new MemoryLogger();
  const input: ProcessorInput = {
    executionId: '1-node',
    jobName: 'job',
    nodeName: 'node',
    reportingNode: 'leader',
    success: true,
    startedAt: '2026-01-01T00:00:00Z',
    output: Buffer.from('content'),
    ...more,
  };
  const processor = filesProcessor(defaultFolder === undefined ? {} : { defaultFolder });
  const output = await processor.process(input, config, { signal: new AbortController().signal, logger });
  return { output: Buffer.from(output).toString(), logger };
}

it('writes a file and answers with its path', async () => {
  const folder = newFolder();
  const { output } = await run({ log_dir: folder });
  expect(output).toBe(join(folder, '1-node.log'));
  expect(readFileSync(output, 'utf8')).toBe('content');
  expect(statSync(output).mode & 0o777 & ~0o022).toBe(0o644);
});

it('makes the default folder but no other; what cannot be written is only logged', async () => {
  const made = join(newFolder(), 'a', 'b');
  expect((await run({}, {}, made)).logger.records).toEqual([]);
  expect(readdirSync(made)).toEqual(['1-node.log']);
  const absent = join(newFolder(), 'absent');
  const { output, logger } = await run({ log_dir: absent });
  expect(output).toBe(join(absent, '1-node.log'));
  expect(logger.records).toMatchObject([{ level: 'error', fields: { path: output } }]);
});

it('stays in its folder', async () => {
  const folder = newFolder();
  const { output } = await run({ log_dir: folder }, { executionId: '1-../../evil' });
  expect(output).toBe(join(folder, 'evil.log'));
});
