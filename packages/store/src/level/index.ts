/** A durable `KeyValue` on LevelDB. One process at a time may hold a directory. */
export { type LevelOptions, openLevel } from './level-key-value.ts';
