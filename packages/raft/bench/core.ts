/**
 * How many entries three cores in one thread commit, in memory: the cost of the algorithm alone, without disk, network or
 * encoding. `npm run -s node -- packages/raft/bench/core.ts [inFlight] [seconds]`. Reports CPU time, which other processes on the machine do not
 * disturb as much as the clock.
 */
import { type Entry, confStateWith, MemoryStorage, type Message, RaftCore } from '@dkron/raft/core';

const inFlight = Number(process.argv[2] ?? 64);
const seconds = Number(process.argv[3] ?? 3);
const PAYLOAD = new Uint8Array(256).fill(7);
const COMPACT_EVERY = 100_000;
const ids = ['a', 'b', 'c'];

const servers = new Map(
  ids.map((id, i) => {
    const storage = new MemoryStorage(confStateWith(ids));
    return [id, { id, storage, core: new RaftCore({ id }, { storage, rand: (n) => i % n }), applied: 0 }];
  }),
);
const all = [...servers.values()];
const leader = all[0]!;

/** One turn of every server: everything is written and applied at once. */
function turn(): boolean {
  let busy = false;
  for (const server of all) {
    const { core, storage } = server;
    if (!core.hasReady()) continue;
    busy = true;
    const ready = core.ready();
    storage.append(ready.entries);
    deliver(ready.messages);
    server.applied = last(ready.committed)?.index ?? server.applied;
    deliver(ready.storageAppend?.responses ?? []);
    deliver(ready.storageApply?.responses ?? []);
  }
  return busy;
}

function deliver(messages: readonly Message[]): void {
  for (let i = 0; i < messages.length; i++) servers.get(messages[i]!.to)!.core.step(messages[i]!);
}

function last(entries: readonly Entry[]): Entry | undefined {
  return entries[entries.length - 1];
}

leader.core.campaign();
while (turn()) continue;

const batch = Array.from({ length: inFlight }, () => PAYLOAD);
const cpu = process.cpuUsage();
const start = performance.now();
const from = leader.applied;
let compacted = 0;
while (performance.now() - start < seconds * 1000) {
  leader.core.propose(batch);
  while (turn()) continue;
  const min = Math.min(...all.map((server) => server.applied));
  if (min - compacted < COMPACT_EVERY) continue;
  compacted = min - 1000;
  for (const { storage } of all) storage.compact(compacted);
}
const used = process.cpuUsage(cpu);
const cpuSeconds = (used.user + used.system) / 1e6;
const entries = leader.applied - from;
console.log(
  `${inFlight} in flight: ${Math.round(entries / cpuSeconds)} entries per CPU second, ` +
    `${((cpuSeconds * 1e6) / entries).toFixed(2)} µs of CPU an entry over three cores`,
);
