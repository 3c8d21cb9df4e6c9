import { systemTimers } from '@dkron/runtime/system';
import { describe, it } from 'vitest';
import { transportSuite } from '../testing/transport-suite.ts';
import { LoopbackNetwork } from './loopback.ts';

transportSuite('LoopbackTransport', { describe, it }, async () => {
  const network = new LoopbackNetwork({}, { timers: systemTimers });
  const made: { close(): Promise<void> }[] = [];
  return {
    make: async (id, addr) => {
      const transport = network.transport(addr ?? `${id}-${made.length}`);
      made.push(transport);
      return transport;
    },
    deadAddr: () => 'nobody',
    overWire: false,
    dispose: async () => {
      for (const transport of made) await transport.close();
    },
  };
});
