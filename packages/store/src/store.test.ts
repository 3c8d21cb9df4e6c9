import type { Command, CommandResult } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { describe, expect, it } from 'vitest';
import { MemoryKeyValue } from './memory/index.ts';
import { Store } from './store.ts';
import { jobDefinition, manualRun, putJob } from './testing/fixtures.ts';
import { jsonCodec } from './testing/index.ts';

describe('Store', () => {
  it('applies a batch and answers from it', async () => {
    const store = await Store.open(
      {},
      { kv: new MemoryKeyValue(), codec: jsonCodec, logger: silentLogger, metrics: noMetrics },
    );
    const commands: Command[] = [putJob(1n, jobDefinition('a')), manualRun(100n, 'a')];
    const results: CommandResult[] = await store.apply(
      commands.map((command, i) => ({ index: BigInt(i + 1), data: jsonCodec.command.encode(command) })),
    );
    expect(results[0]).toMatchObject({ created: true });
    expect([...store.openExecutions()].map(({ id }) => id)).toEqual(['100-n1']);
    expect(store.openRuns('a')).toHaveLength(1);
  });
});
