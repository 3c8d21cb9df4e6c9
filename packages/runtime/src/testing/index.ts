/** Time, chance and logs under the control of a test or a simulator. */
export { ManualTime } from './manual-time.ts';
export { seededRandom } from './seeded-random.ts';
export type { LogRecord } from './memory-logger.ts';
export { MemoryLogger } from './memory-logger.ts';
