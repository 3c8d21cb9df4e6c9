/**
 * A replicated key-value store: three servers in this process, each with its own write-ahead log in a temporary folder.
 * The leader is stopped in the middle, and comes back with everything.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommittedEntry, StateMachine, StateSnapshot } from '@dkron/raft';
import { LoopbackNetwork, RaftNode } from '@dkron/raft';
import { FileSnapshots, IdentityFile, nodeDisk, SegmentedWal } from '@dkron/raft/storage';
import { silentLogger as logger } from '@dkron/runtime';
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '@dkron/runtime/system';

const text = new TextDecoder();
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** What the log decides: `apply` must depend on nothing but the state and the commands. */
class KeyValue implements StateMachine {
  map = new Map<string, string>();

  apply(batch: readonly CommittedEntry[]): unknown[] {
    return batch.map(({ data }) => {
      const [key, value] = JSON.parse(text.decode(data)) as [string, string];
      const old = this.map.get(key);
      this.map.set(key, value);
      return old;
    });
  }

  snapshot(): StateSnapshot {
    const state = bytes([...this.map]);
    return { persist: (writer) => writer.write(state), release: () => {} };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    this.map = new Map(JSON.parse(text.decode(Buffer.concat(chunks))) as [string, string][]);
  }
}

const network = new LoopbackNetwork({}, { timers });
const folder = await mkdtemp(join(tmpdir(), 'raft-kv-'));
const states = new Map<string, KeyValue>();
const nodes = new Map<string, RaftNode>();

async function start(id: string): Promise<void> {
  const disk = nodeDisk(join(folder, id));
  const stateMachine = new KeyValue();
  const node = new RaftNode(
    { id, tickMs: 20 },
    {
      log: new SegmentedWal({ segmentBytes: 1 << 20 }, { disk, clock, logger }),
      snapshots: new FileSnapshots({}, { disk, logger }),
      identity: new IdentityFile({}, { disk }),
      transport: network.transport(id),
      stateMachine,
      clock,
      timers,
      random,
      logger,
    },
  );
  await disk.makeDir('');
  await node.start();
  states.set(id, stateMachine);
  nodes.set(id, node);
}

/** Waits for a leader whom nobody can have replaced yet. */
async function leader(): Promise<RaftNode> {
  for (;;) {
    const found = [...nodes.values()].find((node) => node.leadershipValid());
    if (found !== undefined) return found;
    await timers.sleep(10);
  }
}

const put = async (key: string, value: string): Promise<unknown> =>
  (await (await leader()).apply(bytes([key, value]))).value;

const ids = ['a', 'b', 'c'];
for (const id of ids) await start(id);
// Every founding server gets the same record; names alone would not tell a rebuilt cluster from the old one.
const members = ids.map((id) => ({ id, birth: nodes.get(id)!.identity.birth }));
for (const node of nodes.values()) await node.bootstrap({ region: 'global', attempt: 0, members });

console.log('put:', await put('colour', 'red')); // put: undefined
console.log('put:', await put('colour', 'blue')); // put: red

const first = (await leader()).stats().id;
await nodes.get(first)!.stop({ transfer: true });
nodes.delete(first);
console.log('put, with one server gone:', await put('colour', 'green')); // put, with one server gone: blue

await start(first);
const reader = nodes.get(first)!;
while (reader.leader().id === '') await timers.sleep(10);
// Linearizable on any server: holds everything committed before the call.
await reader.readIndex();
console.log('read from who came back:', states.get(first)!.map.get('colour')); // read from who came back: green

for (const node of nodes.values()) await node.stop();
await rm(folder, { recursive: true });
