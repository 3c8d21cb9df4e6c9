import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../storage/memory-log.ts';
import type { PeersFile } from '../storage/peers-file.ts';
import { JournalMachine } from '../testing/journal-machine.ts';
import { NodeCluster } from '../testing/node-cluster.ts';
import { parsePeers } from './recover-peers.ts';

/** A file that is there until it is removed. */
function fileOf(text: string): PeersFile & { removed: boolean } {
  const file = {
    removed: false,
    read: async () => (file.removed ? undefined : text),
    remove: async () => void (file.removed = true),
  };
  return file;
}

/** A state as the test's machine writes it. */
async function* backup(...commands: readonly string[]): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(JSON.stringify(commands));
}

/** Durable; its process ends when a restore is to take effect for the first time. */
class CrashingMachine extends JournalMachine {
  #crashed = false;

  async appliedIndex(): Promise<number> {
    return this.index;
  }

  override async restore(stream: AsyncIterable<Uint8Array>, meta: { readonly index: number }): Promise<void> {
    if (!this.#crashed) {
      this.#crashed = true;
      throw new Error('crash');
    }
    await super.restore(stream, meta);
  }
}

const only = (id: string): string => JSON.stringify([{ id, address: id }]);

describe('RaftNode: recovery by peers.json', () => {
  it.each([0, 1, 40])('RecoverCluster: a survivor of three goes on alone, with %d commands', async (count) => {
    const files = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(3, {
      node: { trailingLogs: 10 },
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    const { id, node } = await cluster.leader();
    for (let i = 0; i < count; i++) await cluster.apply(id, `c${i}`);
    const before = node.stats();
    await cluster.stopAll();
    const file = fileOf(only(id));
    files.set(id, file);
    await cluster.start(id);
    await cluster.leader();
    const server = cluster.get(id);
    expect(server.machine.commands).toHaveLength(count);
    const after = server.node.stats();
    expect(after.clusterId).not.toBe(before.clusterId);
    expect(after).toMatchObject({ snapshotIndex: before.lastIndex, firstIndex: before.lastIndex + 1 });
    expect(server.node.getConfiguration().members).toEqual([{ id, suffrage: 'voter', address: id, birth: '' }]);
    expect(file.removed).toBe(true);
    await cluster.apply(id, 'more');
    // Over a restart it stays what it is.
    await cluster.restart(id);
    await cluster.leader();
    expect(server.node.identity.clusterId).toBe(after.clusterId);
    expect(cluster.get(id).machine.commands).toHaveLength(count + 1);
  });

  it.each([
    [
      'an id that nobody ever had',
      JSON.stringify([
        { id: 'a', address: 'a' },
        { id: 'stranger', address: 's' },
      ]),
      'it names "stranger", which never was a server of this cluster (a, b, c)',
    ],
    ['others only', only('b'), 'it does not name this server, "a"'],
    ['addresses in place of names', JSON.stringify(['10.0.0.1:6868']), 'it names "10.0.0.1:6868"'],
  ])('refused, and nothing is changed: %s', async (_name, text, why) => {
    const files = new Map<string, PeersFile & { removed: boolean }>();
    const cluster: NodeCluster = await NodeCluster.founded(3, {
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    const { id } = await cluster.leader();
    await cluster.apply(id, 'x');
    await cluster.converged();
    const { clusterId } = cluster.node('a').identity;
    await cluster.stop('a');
    files.set('a', fileOf(text));
    const error = await cluster.start('a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'recovery_refused', message: expect.stringContaining(why) as string });
    expect(files.get('a')!.removed).toBe(false);
    files.delete('a');
    await cluster.start('a');
    expect(await cluster.converged()).toEqual(['x']);
    expect(cluster.node('a').identity.clusterId).toBe(clusterId);
  });

  it('entries that were never acknowledged count as committed', async () => {
    const files = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(3, {
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    const { id, node } = await cluster.leader();
    cluster.network.isolate(id);
    node.apply(new TextEncoder().encode('outstanding')).catch(() => {});
    await cluster.time.advance(100);
    await cluster.stopAll();
    files.set(id, fileOf(only(id)));
    await cluster.start(id);
    await cluster.leader();
    expect(cluster.get(id).machine.commands).toEqual(['outstanding']);
  });

  it('a crash before the file is removed: recovered again, to the same cluster', async () => {
    const file = fileOf(only('a'));
    let crash = true;
    const cluster: NodeCluster = new NodeCluster({
      modules: () => ({
        peersFile: {
          read: async () => (recovering ? await file.read() : undefined),
          remove: async () => {
            if (crash) throw new Error('crash');
            await file.remove();
          },
        },
      }),
    });
    let recovering = false;
    await cluster.create('a');
    await cluster.found(['a']);
    await cluster.leader();
    await cluster.apply('a', 'x');
    await cluster.stop('a');
    recovering = true;
    await expect(cluster.start('a')).rejects.toThrow('crash');
    const first = (await cluster.get('a').identity.load())!.clusterId;
    crash = false;
    await cluster.start('a');
    await cluster.leader();
    expect(cluster.node('a').identity.clusterId).toBe(first);
    expect(cluster.get('a').machine.commands).toEqual(['x']);
  });

  it.each([
    ['the longer log is void', 3, false],
    ['the shorter log is void', 0, false],
    ['the longer log is void, with a crash before the snapshot came', 5, true],
  ])('survivors that contradict each other: %s', async (_name, ghosts, crash) => {
    const files = new Map<string, PeersFile>();
    let crashed = !crash;
    const cluster: NodeCluster = await NodeCluster.founded(5, {
      node: { trailingLogs: 10 },
      modules: (id) => ({
        ...(files.has(id) ? { peersFile: files.get(id)! } : {}),
        failpoint: (name) => {
          if (crashed || name !== 'beforeLogReset') return;
          crashed = true;
          throw new Error('crash');
        },
      }),
    });
    const old = (await cluster.leader()).id;
    await cluster.apply(old, 'both');
    await cluster.converged();
    cluster.network.isolate(old);
    const [first, ...more] = Array.from({ length: ghosts + 1 }, (_, i) => new TextEncoder().encode(`ghost ${i}`));
    for (const data of [first!, ...more])
      cluster
        .node(old)
        .apply(data)
        .catch(() => {});
    const next = (await cluster.leader(old)).id;
    await cluster.apply(next, 'true');
    await cluster.stopAll();
    cluster.network.heal();
    for (const id of [old, next])
      files.set(id, fileOf(JSON.stringify([old, next].map((one) => ({ id: one, address: one })))));
    await cluster.start(old);
    expect(cluster.get(old).machine.commands).toEqual([
      'both',
      ...Array.from({ length: ghosts + 1 }, (_, i) => `ghost ${i}`),
    ]);
    await cluster.start(next);
    if (crash) {
      await cluster.until('a crash', () => crashed);
      await cluster.restart(old);
    }
    const leader = await cluster.leader();
    expect(leader.id).toBe(next);
    await cluster.apply(next, 'more');
    expect(await cluster.converged(old, next)).toEqual(['both', 'true', 'more']);
    expect(cluster.logger.records.filter(({ event }) => event.includes('failed'))).toHaveLength(crash ? 1 : 0);
    // Over restarts it stays so, and nothing is in question any more.
    for (const id of [old, next]) {
      await cluster.restart(id);
      expect((await cluster.get(id).identity.load())?.markers).not.toHaveProperty('unconfirmed');
    }
    await cluster.leader();
    expect(await cluster.converged(old, next)).toEqual(['both', 'true', 'more']);
  });

  it('survivors of which one has more of the same log go on with all of it', async () => {
    const files = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(5, {
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    const { id: ahead } = await cluster.leader();
    await cluster.apply(ahead, 'x');
    await cluster.converged();
    cluster.network.isolate(ahead);
    cluster
      .node(ahead)
      .apply(new TextEncoder().encode('outstanding'))
      .catch(() => {});
    await cluster.time.advance(20);
    await cluster.stopAll();
    cluster.network.heal();
    const behind = [...cluster.servers.keys()].find((id) => id !== ahead)!;
    const text = JSON.stringify([ahead, behind].map((id) => ({ id, address: id })));
    for (const id of [ahead, behind]) files.set(id, fileOf(text));
    for (const id of [ahead, behind]) await cluster.start(id);
    const leader = await cluster.leader();
    await cluster.apply(leader.id, 'more');
    expect(await cluster.converged(ahead, behind)).toEqual(['x', 'outstanding', 'more']);
    expect(cluster.logger.records.filter(({ event }) => event.includes('contradicted'))).toEqual([]);
  });

  it('a restore that went through the log is in the state that is recovered', async () => {
    const files = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(3, {
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    const { id, node } = await cluster.leader();
    await cluster.apply(id, 'before');
    await cluster.settled(node.restore(backup('x', 'y')));
    await cluster.apply(id, 'after');
    await cluster.stopAll();
    files.set(id, fileOf(only(id)));
    await cluster.start(id);
    await cluster.leader();
    expect(cluster.get(id).machine.commands).toEqual(['x', 'y', 'after']);
  });

  it('a restore of which a durable state machine lacks the end alone: its chunks are read again', async () => {
    const files = new Map<string, PeersFile>();
    const machine = new CrashingMachine();
    const cluster: NodeCluster = await NodeCluster.founded(1, {
      modules: (id) => ({ stateMachine: machine, ...(files.has(id) ? { peersFile: files.get(id)! } : {}) }),
    });
    await cluster.apply('a', 'before');
    async function* slow(): AsyncGenerator<Uint8Array> {
      const [first, rest] = [new Uint8Array([0x5b]), new TextEncoder().encode('"x","y"]')];
      yield first;
      // Now the state machine holds an entry behind the first chunk.
      await cluster.node('a').apply(new TextEncoder().encode('between'));
      yield rest;
    }
    await cluster.failure(cluster.node('a').restore(slow()));
    expect(machine.commands).toEqual(['before', 'between']);
    await cluster.stopAll();
    files.set('a', fileOf(only('a')));
    await cluster.start('a');
    await cluster.leader();
    expect(machine.commands).toEqual(['x', 'y']);
  });

  it('a restore that was not finished restores nothing', async () => {
    const files = new Map<string, PeersFile>();
    const cluster: NodeCluster = await NodeCluster.founded(1, {
      modules: (id) => (files.has(id) ? { peersFile: files.get(id)! } : {}),
    });
    await cluster.apply('a', 'kept');
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('["x"]');
      await new Promise(() => {});
    }
    cluster
      .node('a')
      .restore(endless())
      .catch(() => {});
    await cluster.time.advance(100);
    await cluster.stopAll();
    files.set('a', fileOf(only('a')));
    await cluster.start('a');
    await cluster.leader();
    expect(cluster.get('a').machine.commands).toEqual(['kept']);
  });

  it('NoState: refused on a server without any', async () => {
    const cluster = new NodeCluster({ modules: () => ({ peersFile: fileOf(only('a')) }) });
    await expect(cluster.create('a')).rejects.toMatchObject({ code: 'recovery_refused' });
  });

  it('parses both forms', () => {
    expect(parsePeers('[{"id":"a","address":"x:1"},{"id":"b","address":"x:2","non_voter":true}]')).toEqual([
      { id: 'a', address: 'x:1', nonVoter: false },
      { id: 'b', address: 'x:2', nonVoter: true },
    ]);
    expect(parsePeers('["x:1"]')).toEqual([{ id: 'x:1', address: 'x:1', nonVoter: false }]);
  });

  it.each([
    ['{', 'no JSON'],
    ['{}', 'no list'],
    ['[]', 'no voter'],
    ['[{"id":"","address":"x"}]', 'no id'],
    ['[{"id":"a","address":""}]', 'no address'],
    ['[{"id":"a","address":"x"},{"id":"a","address":"y"}]', 'same id'],
    ['[{"id":"a","address":"x"},{"id":"b","address":"x"}]', 'same address'],
    ['[{"id":"a","address":"x","non_voter":true}]', 'no voter'],
    ['[7]', 'neither'],
    ['[{"id":1}]', 'must have'],
  ])('refuses %s', (text, why) => {
    expect(() => parsePeers(text)).toThrow(why);
  });
});

describe('RaftNode: start', () => {
  it('refuses a log that begins behind every snapshot', async () => {
    const medium = {};
    const log = new MemoryLog(medium);
    await log.open();
    await log.reset({ index: 50, term: 2 }, { hardState: { term: 2, vote: '', commit: 50 } });
    const cluster = new NodeCluster({ modules: () => ({ log: new MemoryLog(medium) }) });
    await expect(cluster.create('a')).rejects.toMatchObject({ code: 'start_failed' });
  });

  it('a crash in the middle of the start changes nothing', async () => {
    let crash = false;
    const cluster = await NodeCluster.founded(1, {
      node: { trailingLogs: 0 },
      modules: () => ({
        failpoint: (name) => {
          if (crash && name === 'midRecovery') throw new Error('crash');
        },
      }),
    });
    for (let i = 0; i < 10; i++) await cluster.apply('a', `c${i}`);
    await cluster.settled(cluster.node('a').snapshot());
    await cluster.stop('a');
    crash = true;
    await expect(cluster.start('a')).rejects.toThrow('crash');
    crash = false;
    await cluster.start('a');
    await cluster.leader();
    expect(cluster.get('a').machine.commands).toHaveLength(10);
  });

  it('starts once only', async () => {
    const cluster = await NodeCluster.founded(1);
    await expect(cluster.node('a').start()).rejects.toThrow(TypeError);
  });
});
