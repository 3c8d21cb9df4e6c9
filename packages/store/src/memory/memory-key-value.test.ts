import { describe, it } from 'vitest';
import { keyValueSuite } from '../suite/index.ts';
import { MemoryKeyValue } from './index.ts';

keyValueSuite('MemoryKeyValue', { describe, it }, async () => await Promise.resolve(new MemoryKeyValue()));
