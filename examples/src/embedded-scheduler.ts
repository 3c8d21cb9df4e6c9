/** A scheduler inside this program: a job every second, run by an executor of our own. Ends after three runs. */
import { storeCodec } from '@dkron/contracts';
import type { Command, CommandResults, Member } from '@dkron/jobs';
import { parseJobJson } from '@dkron/jobs';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { Engine, Planner } from '@dkron/scheduler';
import { Store } from '@dkron/store';
import { MemoryKeyValue } from '@dkron/store/memory';
import type { Executor } from '@dkron/worker';
import { Journal, MemoryJournalStorage, Worker } from '@dkron/worker';

const RUNS = 3;
const ambient = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  metrics: noMetrics,
};

// The store, and a log that applies one command after the other. A cluster has consensus here.
const store = await Store.open({}, { kv: new MemoryKeyValue(), codec: storeCodec, ...ambient });
let index = 0n;
const log = {
  async propose<C extends Command>(command: C): Promise<CommandResults[C['type']]> {
    const [result] = await store.apply([{ index: ++index, data: storeCodec.command.encode(command) }]);
    return result as CommandResults[C['type']];
  },
  leadershipValid: () => true,
  term: () => 1n,
};

// One node, which schedules and works.
const self: Member = { name: 'here', addr: '127.0.0.1', port: 0, tags: { region: 'global' }, status: 'alive' };
const membership = { members: () => [self], self: () => self };
const planner = new Planner({ region: 'global' });
const engine = new Engine({ clusterId: '0'.repeat(32) }, { log, view: store, membership, planner, ...ambient });
engine.start();

let runs = 0;
const done = Promise.withResolvers<void>();
const greet: Executor = {
  name: 'greet',
  execute: async ({ config, jobName }) => {
    console.log(`${jobName}: hello ${config['who']}`);
    if (++runs === RUNS) done.resolve();
    return { success: true, error: '' };
  },
};
const journal = await Journal.open(
  {},
  { ...ambient, storage: new MemoryJournalStorage(), processes: { killGroup: () => false } },
);
const executors = { get: (name: string) => (name === 'greet' ? greet : undefined), names: () => ['greet'] };
const worker = new Worker({ node: self.name, region: 'global' }, { ...ambient, journal, executors });
const toServer = engine.accept({
  send: (messages) => setImmediate(() => toWorker.receive(messages)),
  close: () => {},
});
const toWorker = worker.connect({
  send: (messages) => setImmediate(() => toServer.receive(messages)),
  close: () => {},
});

// The job, as the REST API would take it.
const { definition, submitted } = parseJobJson(
  JSON.stringify({ name: 'greeting', schedule: '@every 1s', executor: 'greet', executor_config: { who: 'world' } }),
);
const stamp = engine.stamps.next();
const plan = planner.planPut(definition, submitted, undefined, stamp);
await log.propose({ type: 'putJob', stamp, definition, submitted, precondition: null, plannedFrom: 0, plan });

await done.promise;
await worker.stop({ timeoutMs: 1_000 });
await engine.drain(1_000);
engine.stop();
for (const { tick, decision } of store.ledger('greeting', { order: 'asc' }).entries) {
  console.log(`${new Date(Number(tick / 1_000_000n)).toISOString()} ${decision}`);
}
await store.close();
