import { describe, expect, it } from 'vitest';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import type { DescribeOutcome } from '../describe/description.ts';
import { Formation } from './formation.ts';
import type { FormationStore } from './identity-store.ts';
import type { FoundingRecord } from './record.ts';
import type { FormationState, PledgeAnswer } from './types.ts';

const idOf = (record: FoundingRecord): string => record.members.map(({ id, birth }) => `${id}${birth}`).join('+');

/** One server with its folder; `net` finds the others. */
class Server {
  readonly name: string;
  readonly net: Net;
  readonly logger = new MemoryLogger();
  state: FormationState;
  clusterId = '';
  log = false;
  births = 1;
  readonly founded: FoundingRecord[] = [];
  readonly fatal: Error[] = [];
  failing: Error | undefined;
  formation!: Formation;
  up = true;

  constructor(name: string, net: Net, expect: number) {
    this.name = name;
    this.net = net;
    this.state = { birth: '1', attempt: 0, clusterId: '' };
    this.boot(expect);
  }

  boot(expected: number): void {
    const { net, logger } = this;
    const store: FormationStore = {
      load: async () => ({ ...this.state, clusterId: this.clusterId }),
      update: async ({ attempt, pledge }) => {
        if (this.failing !== undefined) throw this.failing;
        const { pledge: _, ...rest } = this.state;
        this.state = { ...rest, ...(attempt === undefined ? {} : { attempt }), ...(pledge === null ? {} : { pledge }) };
        return { ...this.state, clusterId: this.clusterId };
      },
    };
    this.formation = new Formation(
      { name: this.name, region: 'r', expect: expected },
      {
        store,
        raft: {
          clusterId: () => this.clusterId,
          hasState: () => this.log,
          bootstrap: async (record) => {
            this.founded.push(record);
            this.clusterId = idOf(record);
            this.log = true;
          },
          redraw: async () => {
            this.state = { birth: String(++this.births), attempt: 0, clusterId: '' };
            return this.state.birth;
          },
        },
        describe: async (address) => await net.describe(this.name, address),
        askPledge: async (address, request) => await net.pledge(this.name, address, request),
        clusterIdOf: idOf,
        clock: net.time,
        timers: net.time,
        random: seededRandom(1),
        logger,
        onFatal: (error) => this.fatal.push(error),
      },
    );
  }
}

class Net {
  readonly time = new ManualTime();
  readonly servers: Server[] = [];
  readonly cut = new Set<string>();

  add(name: string, expected: number): Server {
    const server = new Server(name, this, expected);
    this.servers.push(server);
    return server;
  }

  async start(...servers: readonly Server[]): Promise<void> {
    for (const server of servers) await server.formation.start();
    this.see();
  }

  see(): void {
    const seen = this.servers.map(({ name, up }) => ({ name, address: name, status: up ? 'alive' : 'gone' }) as const);
    for (const { formation } of this.servers) formation.view(seen);
  }

  find(from: string, address: string): Server | undefined {
    const server = this.servers.find(({ name }) => name === address);
    return server?.up === true && !this.cut.has(`${from}>${address}`) ? server : undefined;
  }

  async describe(from: string, address: string): Promise<DescribeOutcome> {
    const server = this.find(from, address);
    await this.time.sleep(server === undefined ? 1000 : 2);
    if (server === undefined) return { kind: 'silent', why: 'timeout' };
    return { kind: 'ours', description: server.formation.describe({ boot: 'b', software: 's' }) };
  }

  async pledge(from: string, address: string, request: Parameters<Formation['pledge']>[0]): Promise<PledgeAnswer> {
    const server = this.find(from, address);
    await this.time.sleep(server === undefined ? 1000 : 2);
    if (server === undefined) throw new Error('timeout');
    return await server.formation.pledge(request);
  }
}

function netOf(...names: readonly string[]): Net {
  const net = new Net();
  for (const name of names) net.add(name, names.length);
  return net;
}

describe('Formation', () => {
  it('says nothing of itself before its folder is read: nobody may count on a birth that is not known', () => {
    const server = new Server('a', new Net(), 3);
    expect(() => server.formation.describe({ boot: '', software: '' })).toThrow('is starting');
  });

  it('three servers alike found one cluster within a second, and say so', async () => {
    const net = netOf('b', 'c', 'a');
    await net.start(...net.servers);
    await net.time.advance(1000);
    const [b, , a] = net.servers;
    expect(a!.founded).toEqual([
      { region: 'r', attempt: 1, members: ['a', 'b', 'c'].map((id) => ({ id, birth: '1' })) },
    ]);
    expect(a!.formation.status).toEqual({ kind: 'member', clusterId: 'a1+b1+c1' });
    // The others hear of it by asking, or by the first handshake.
    await net.time.advance(1500);
    expect(net.servers.map(({ clusterId }) => clusterId)).toEqual(Array(3).fill('a1+b1+c1'));
    expect(b!.formation.describe({ boot: '', software: '' })).toMatchObject({ state: 'member', clusterId: 'a1+b1+c1' });
    expect(net.time.pendingCount).toBe(0);
  });

  it('the first handshake of the cluster makes a pledged server a member before raft follows', async () => {
    const net = netOf('a', 'b');
    await net.start(...net.servers);
    await net.time.advance(300);
    const b = net.servers[1]!;
    expect(b.formation.describe({ boot: '', software: '' })).toMatchObject({ state: 'pledged', members: ['a', 'b'] });
    expect(await b.formation.admit('x')).toContain('promised to the cluster that a founds');
    expect(b.founded).toEqual([]);
    expect(await b.formation.admit('a1+b1')).toBe(true);
    expect(b.founded).toHaveLength(1);
    expect(b.formation.status).toMatchObject({ kind: 'member' });
  });

  it('a fresh server follows the first leader that calls, and no second one', async () => {
    const net = netOf('a', 'b');
    net.servers[1]!.up = false;
    await net.start(net.servers[0]!);
    const { formation } = net.servers[0]!;
    expect(await formation.admit('x')).toBe(true);
    expect(await formation.admit('y')).toContain('just joining cluster x');
    net.servers[0]!.clusterId = 'x';
    await net.time.advance(50);
    expect(formation.status).toEqual({ kind: 'member', clusterId: 'x' });
  });

  it('alone with an expect of one it waits for the join targets', async () => {
    const net = netOf('a');
    await net.start(...net.servers);
    await net.time.advance(5000);
    expect(net.servers[0]!.formation.status).toEqual({ kind: 'join-round' });
    net.servers[0]!.formation.joinRoundOver();
    await net.time.advance(300);
    expect(net.servers[0]!.founded).toHaveLength(1);
  });

  it('goes on where a crash has left it: the cluster id was written, the log was not', async () => {
    const net = netOf('a');
    const pledge = { region: 'r', attempt: 1, members: [{ id: 'a', birth: '1' }] };
    net.servers[0]!.state = { birth: '1', attempt: 1, clusterId: '', pledge };
    net.servers[0]!.clusterId = idOf(pledge);
    await net.start(...net.servers);
    expect(net.servers[0]!.founded).toEqual([pledge]);
    expect(net.servers[0]!.formation.status).toMatchObject({ kind: 'member' });
  });

  it('a founder that cannot reach one gives up and tries again, and what was promised is released', async () => {
    const net = netOf('a', 'b', 'c');
    await net.start(...net.servers);
    net.cut.add('a>c');
    await net.time.advance(100);
    const [a, b, c] = net.servers;
    await net.time.advance(6000);
    expect(a!.clusterId).toBe('');
    net.cut.clear();
    await net.time.advance(6000);
    expect([a, b, c].map((server) => server!.clusterId)).toEqual(Array(3).fill('a1+b1+c1'));
  });

  it('differing expects: an error in the log that names both, and it goes on when they are mended', async () => {
    const net = netOf('a', 'b');
    net.servers[1]!.boot(3);
    await net.start(...net.servers);
    await net.time.advance(25_000);
    const [a] = net.servers;
    const errors = a!.logger.records.filter(({ level }) => level === 'error');
    expect(errors.map(({ fields }) => fields['text'])).toEqual(
      Array(3).fill('bootstrap-expect differs: a has 2, b has 3; make it the same on all servers'),
    );
    net.servers[1]!.formation.stop();
    net.servers[1]!.boot(2);
    await net.start(net.servers[1]!);
    await net.time.advance(2000);
    expect(a!.clusterId).toBe('a1+b1');
  });

  it('a data folder that cannot be written ends the process, and nothing is promised', async () => {
    const net = netOf('a', 'b');
    const [a, b] = net.servers;
    b!.failing = new Error('no space');
    await net.start(...net.servers);
    await net.time.advance(2000);
    expect(b!.fatal.map(({ message }) => message)).toEqual(['no space']);
    expect(a!.founded).toEqual([]);
    expect(await b!.formation.pledge({ from: 'a', record: { region: 'r', attempt: 1, members: [] } })).toEqual({
      accepted: false,
      reason: 'it is not ready; ask again',
    });
  });

  it('tells each status once to those who listen, and repeats it in the log', async () => {
    const net = netOf('a', 'b');
    net.servers[1]!.up = false;
    const [a] = net.servers;
    const kinds: string[] = [];
    a!.formation.onStatus(({ kind }) => kinds.push(kind));
    await net.start(a!);
    await net.time.advance(25_000);
    expect(kinds).toEqual(['starting', 'too-few']);
    expect(a!.logger.records.filter(({ fields }) => fields['status'] === 'too-few')).toHaveLength(3);
    a!.formation.stop();
    expect(net.time.pendingCount).toBe(0);
  });

  it('a pledge under way when it is stopped is answered', async () => {
    const net = netOf('a', 'b');
    const [, b] = net.servers;
    await net.start(b!);
    const record = { region: 'r', attempt: 1, members: ['a', 'b'].map((id) => ({ id, birth: '1' })) };
    const answer = b!.formation.pledge({ from: 'a', record });
    b!.formation.stop();
    expect(await answer).toEqual({ accepted: false, reason: 'it is being stopped' });
  });
});
