/// <reference types="node" />
/* The executors against real peers, each started here on loopback. Arguments go to vitest. */
import { runPeerTests } from '@dkron/harness';

runPeerTests('executors', process.argv.slice(2), { EXECUTORS_SLOW: '1' });
