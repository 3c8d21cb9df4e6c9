/** A key-value store in front of another, which writes a moment later, several batches at a time. */
export { WriteBehind } from './write-behind.ts';
export type { WriteBehindModules, WriteBehindOptions } from './write-behind.ts';
