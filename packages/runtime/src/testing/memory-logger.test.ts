import { expect, it } from 'vitest';
import { MemoryLogger } from './memory-logger.ts';

it('keeps events of itself and its children in one list', () => {
  const logger = new MemoryLogger();
  logger.child({ node: 'a' }).child({ job: 'b' }).warn('late', { ms: 5 });
  logger.info('up');
  expect(logger.records).toEqual([
    { level: 'warn', event: 'late', fields: { node: 'a', job: 'b', ms: 5 } },
    { level: 'info', event: 'up', fields: {} },
  ]);
});
