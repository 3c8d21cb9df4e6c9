/** An ordered `KeyValue` in memory: first-class for tests, simulators and servers that need no disk. */
export { MemoryKeyValue } from './memory-key-value.ts';
