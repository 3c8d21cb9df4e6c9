/**
 * A process of its own: the REST API over store, log and engine, with a worker that reports success at once. `<directory>
 * <jobs>`: that many jobs are due together every second. Prints its port.
 */
import { join } from 'node:path';
import { storeCodec } from '@dkron/contracts';
import type { Member } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';
import { noMetrics } from '@dkron/runtime';
import { consoleLogger, systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { Engine, Planner } from '@dkron/scheduler';
import { SERVER_DEFAULTS } from '@dkron/server';
import { listenHttp } from '@dkron/server/http';
import { openAlone } from '@dkron/server/open-alone';
import { Store } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import { WriteBehind } from '@dkron/store/write-behind';
import { benchJob } from '../load-jobs.ts';
import { InstantWorker } from '../instant-worker.ts';

const NODE: Member = { name: 'bench', addr: '127.0.0.1', port: 1, tags: { region: 'global' }, status: 'alive' };
const [directory = '', count = ''] = process.argv.slice(2);

const logger = consoleLogger({ level: 'warn', format: 'text' });
const modules = { clock: systemClock, timers: systemTimers, random: systemRandom, logger, metrics: noMetrics };
const kv = new WriteBehind({}, { kv: await openLevel({ path: join(directory, 'store') }), timers: systemTimers });
const store = await Store.open({}, { kv, codec: storeCodec, ...modules });
const { log } = await openAlone(
  { directory: join(directory, 'raft'), nodeName: NODE.name, region: 'global' },
  { store, codec: storeCodec.command, ...modules },
);
const planner = new Planner({ defaultTimezone: 'UTC', region: 'global' });
const membership = { members: () => [NODE], self: () => NODE };
const engine = new Engine({ clusterId: '0'.repeat(32) }, { log, view: store, membership, planner, ...modules });
const options = { ...SERVER_DEFAULTS, nodeName: NODE.name, ui: false };
const leave = (): void => undefined;
const none = (): Promise<never> => Promise.reject(new Error('the bench has no backups'));
const node = {
  options,
  store,
  log,
  engine,
  planner,
  membership,
  cluster: { leads: () => true, leader: () => NODE, gossip: () => ({}) },
  executors: new Map(),
  processors: new Map(),
  backups: { save: none, restore: none },
  offers: { list: () => Promise.resolve({ offers: [], silent: [] }) },
  plugins: () => [],
  clock: systemClock,
  logger,
  metrics: undefined,
  leave,
};
const http = await listenHttp(node, { host: '127.0.0.1', port: 0 });
await Promise.all(Array.from({ length: Number(count) }, (_, i) => create(i)));
engine.start();
const worker = new InstantWorker(NODE.name, systemClock);
const toServer = engine.accept({
  send: (messages) => void setImmediate(() => toWorker.receive(messages)),
  close: () => undefined,
});
const toWorker = worker.connect({
  send: (messages) => void setImmediate(() => toServer.receive(messages)),
  close: () => undefined,
});
process.stdout.write(`${http.port}\n`);

async function create(index: number): Promise<void> {
  const { definition, submitted } = parseJobJson(
    JSON.stringify({ ...benchJob(index), schedule: '@every 1s', tags: null, retries: 0 }),
  );
  const stamp = engine.stamps.next();
  const plan = planner.planPut(definition, submitted, undefined, stamp);
  await log.propose({ type: 'putJob', stamp, definition, submitted, precondition: null, plannedFrom: 0, plan });
}
