import { systemTimers as timers } from '@dkron/runtime/system';
import { describe, it } from 'vitest';
import { MemoryNetwork } from './memory-network.ts';
import { gossipTransportSuite } from './transport-suite.ts';

const network = new MemoryNetwork({ delayMs: 0 }, { timers });
gossipTransportSuite('MemoryNetwork', { describe, it }, () => network.transport('10.0.0.1'));
