/**
 * Clusters under random faults, from seeds: messages lost, doubled and out of order, crashes that lose what was not
 * written, compaction, membership changes, transfers. Checked all the while: one leader a term, one sequence of
 * applied entries, no read of the past. In the end faults stop, and everybody must agree.
 */
import { seededRandom } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { serverIds } from '../../testing/network.ts';
import {
  type ConfState,
  confStateWith,
  createMessage,
  decodeConfChange,
  EntryType,
  hardStateOf,
  type InitialState,
  LogWindow,
  memberChange,
  MemoryStorage,
  type Message,
  RaftCore,
  type ReadRequest,
} from '../index.ts';

class Disk extends MemoryStorage {
  applied = 0;
  conf: ConfState;

  constructor(conf: ConfState) {
    super(conf);
    this.conf = conf;
  }

  override initialState(): InitialState {
    return { hardState: super.initialState().hardState, confState: this.conf };
  }
}

/** A window that knows of the disk only what it is told, and holds next to nothing. */
function windowOn(disk: Disk): LogWindow {
  const first = disk.firstIndex();
  const indexes = Array.from({ length: disk.lastIndex() + 1 - first }, (_, i) => first + i);
  return new LogWindow({
    ...disk.initialState(),
    boundary: { index: first - 1, term: disk.term(first - 1)! },
    lastIndex: disk.lastIndex(),
    termRuns: indexes.map((index) => ({ first: index, term: disk.term(index)! })),
    confIndexes: indexes.filter((index) => disk.hasConfChange(index, index + 1)),
    snapshot: disk.snapshot(),
    cacheBytes: 20,
  });
}

class Server {
  window: LogWindow | undefined;
  reads: ReadRequest[] = [];
  core: RaftCore;
  appends: Message[] = [];
  applies: Message[] = [];

  readonly id: string;
  readonly disk: Disk;
  readonly cluster: Cluster;

  constructor(id: string, disk: Disk, cluster: Cluster) {
    this.id = id;
    this.disk = disk;
    this.cluster = cluster;
    this.core = this.start();
  }

  start(): RaftCore {
    this.appends = [];
    this.applies = [];
    this.reads = [];
    const { nextInt, options, windowed } = this.cluster;
    this.window = windowed ? windowOn(this.disk) : undefined;
    return new RaftCore(
      { ...options, id: this.id, applied: this.disk.applied },
      { storage: this.window ?? this.disk, rand: nextInt },
    );
  }
}

class Cluster {
  readonly servers: Server[];
  readonly nextInt: (n: number) => number;
  readonly options: object;
  readonly windowed: boolean;
  net: Message[] = [];
  proposed = 0;
  reads = 0;
  answered = 0;
  readonly #leaders = new Map<number, string>();
  readonly #sequence: string[] = [];

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.nextInt = (n) => random.nextInt(n);
    this.windowed = this.nextInt(2) === 0;
    this.options = {
      preVote: this.nextInt(2) === 0,
      checkQuorum: this.nextInt(2) === 0,
      maxSizePerMsg: [1, 100, 100_000][this.nextInt(3)],
      maxCommittedSizePerReady: [1, 50, 100_000][this.nextInt(3)],
      maxInflightMsgs: 1 + this.nextInt(5),
      confChangeNeedsCurrentTermCommit: this.nextInt(2) === 0,
    };
    const ids = serverIds(5);
    const conf = confStateWith(ids.slice(0, 3 + 2 * this.nextInt(2)));
    this.servers = ids.map((id) => new Server(id, new Disk(conf), this));
  }

  get applied(): number {
    return this.#sequence.length;
  }

  ready(server: Server): void {
    if (!server.core.hasReady()) return;
    const ready = server.core.ready();
    const { role, term } = server.core.basicStatus();
    if (role === 'leader') {
      const known = this.#leaders.get(term) ?? server.id;
      if (known !== server.id) throw new Error(`term ${term} has leaders ${known} and ${server.id}`);
      this.#leaders.set(term, server.id);
      const { peers, lastIndex } = server.core.status();
      const odd = peers.find(({ match, next }) => match >= next || match > lastIndex);
      if (odd !== undefined) throw new Error(`${server.id} believes ${odd.id} at ${odd.match}, next ${odd.next}`);
    }
    for (const { index, context } of ready.readStates) {
      const seen = Number(new TextDecoder().decode(context));
      if (index < seen) throw new Error(`a read asked for at ${seen} is answered at ${index}`);
      this.answered++;
    }
    this.net.push(...ready.messages);
    server.reads.push(...ready.reads);
    this.reads += ready.reads.length;
    if (ready.snapshotWanted) this.compact(server);
    if (ready.storageAppend !== undefined) server.appends.push(ready.storageAppend);
    if (ready.storageApply !== undefined) server.applies.push(ready.storageApply);
  }

  append(server: Server): void {
    const work = server.appends.shift();
    if (work === undefined) return;
    const { disk } = server;
    if (work.snapshot !== undefined && work.snapshot.index > disk.applied) {
      disk.applySnapshot(work.snapshot);
      server.window?.applySnapshot(work.snapshot);
      disk.applied = work.snapshot.index;
      disk.conf = work.snapshot.confState;
    }
    disk.append(work.entries);
    server.window?.append(work.entries);
    const hardState = hardStateOf(work);
    if (hardState !== undefined) disk.setHardState(hardState);
    this.#release(server, work.responses);
  }

  apply(server: Server): void {
    const work = server.applies.shift();
    if (work === undefined) return;
    const { disk } = server;
    for (const entry of work.entries) {
      // A snapshot that was installed meanwhile may cover it.
      if (entry.index <= disk.applied) continue;
      if (entry.index !== disk.applied + 1)
        throw new Error(`${server.id} applies ${entry.index} after ${disk.applied}`);
      const text = `${entry.term} ${entry.type} ${entry.data.join()}`;
      const known = this.#sequence[entry.index] ?? text;
      if (known !== text) throw new Error(`entry ${entry.index} is ${known} and, on ${server.id}, ${text}`);
      this.#sequence[entry.index] = text;
      if (entry.type !== EntryType.normal) this.#change(server, decodeConfChange(entry));
      disk.applied = entry.index;
    }
    this.#release(server, work.responses);
  }

  compact(server: Server): void {
    const { disk } = server;
    if (disk.applied <= (disk.snapshot()?.index ?? 0)) return;
    const snapshot = disk.createSnapshot(disk.applied, disk.conf);
    server.window?.setSnapshot(snapshot);
    const to = disk.applied - this.nextInt(4);
    if (to < disk.firstIndex()) return;
    disk.compact(to);
    server.window?.compact(to);
  }

  /** Answers the oldest read from the disk, which may have changed since it was asked for. */
  read(server: Server): void {
    const read = server.reads.shift();
    if (read === undefined) return;
    const { disk } = server;
    const hi = Math.min(read.hi, disk.lastIndex() + 1);
    server.core.entriesRead(read.id, read.lo >= hi ? [] : disk.entries(read.lo, hi, read.maxBytes));
  }

  deliver(at: number, keep: boolean): void {
    const [message] = keep ? [this.net[at]!] : this.net.splice(at, 1);
    const server = this.servers.find((one) => one.id === message!.to);
    if (server === undefined) return;
    server.core.step(createMessage(message!));
    if (message!.type === 'Snap') {
      const sender = this.servers.find((one) => one.id === message!.from)!;
      sender.core.reportSnapshot(server.id, this.nextInt(4) > 0);
    }
  }

  /** Whoever sends a snapshot has to report what became of it, also that it was lost. */
  lose(at: number, count: number): void {
    for (const message of this.net.splice(at, count)) {
      if (message.type !== 'Snap') continue;
      this.servers.find((one) => one.id === message.from)!.core.reportSnapshot(message.to, false);
    }
  }

  #change(server: Server, change: Parameters<RaftCore['applyConfChange']>[0]): void {
    try {
      server.disk.conf = server.core.applyConfChange(change);
    } catch {
      // Refused alike everywhere.
    }
  }

  #release(server: Server, responses: readonly Message[]): void {
    for (const response of responses) {
      if (response.to === server.id) server.core.step(response);
      else this.net.push(response);
    }
  }
}

function fault(cluster: Cluster, server: Server): void {
  const { nextInt } = cluster;
  switch (nextInt(12)) {
    case 0:
      server.core = server.start();
      break;
    case 1:
      cluster.compact(server);
      break;
    case 2: {
      const kinds = ['addVoter', 'addLearner', 'removeNode'] as const;
      const change = (): { kind: (typeof kinds)[number]; id: string } => ({
        kind: kinds[nextInt(3)]!,
        // The others stay voters: of two voters, one can be removed without the other ever learning of it.
        id: cluster.servers[3 + nextInt(2)]!.id,
      });
      const steps = Array.from({ length: 1 + nextInt(2) }, change);
      server.core.proposeConfChange(memberChange(steps, nextInt(2) === 0 ? 'auto' : 'implicit'));
      break;
    }
    case 3:
      server.core.transferLeader(cluster.servers[nextInt(cluster.servers.length)]!.id);
      break;
    case 4:
      server.core.reportUnreachable(cluster.servers[nextInt(cluster.servers.length)]!.id);
      break;
    case 6:
      // Whatever anybody has applied by now must be seen.
      server.core.readIndex(new TextEncoder().encode(String(Math.max(0, cluster.applied - 1))));
      break;
    case 5:
      server.core.forgetLeader();
      break;
    default:
      server.core.propose([new Uint8Array([++cluster.proposed & 255, cluster.proposed >> 8])]);
  }
}

function turn(cluster: Cluster, faults: boolean): void {
  const { nextInt, servers } = cluster;
  const server = servers[nextInt(servers.length)]!;
  switch (nextInt(faults ? 21 : 19)) {
    case 0:
      server.core.tick();
      break;
    case 1:
    case 2:
    case 3:
      cluster.append(server);
      break;
    case 4:
      cluster.apply(server);
      break;
    case 5:
    case 6:
      cluster.read(server);
      break;
    case 7:
    case 8:
    case 9:
    case 10:
      cluster.ready(server);
      break;
    case 19:
      if (cluster.net.length > 0) cluster.lose(nextInt(cluster.net.length), 1 + nextInt(3));
      break;
    case 20:
      fault(cluster, server);
      break;
    default:
      if (cluster.net.length > 0)
        cluster.deliver(faults ? nextInt(cluster.net.length) : 0, faults && nextInt(20) === 0);
  }
}

function run(seed: number, turns: number): Cluster {
  const cluster = new Cluster(seed);
  for (let i = 0; i < turns; i++) turn(cluster, true);
  return cluster;
}

/** Without faults until those in the membership agree, or too many turns. */
function heal(cluster: Cluster): boolean {
  for (let i = 0; i < 200; i++) {
    for (let j = 0; j < 500; j++) turn(cluster, false);
    const leaders = cluster.servers.filter(({ core }) => core.basicStatus().role === 'leader');
    const leader = leaders.sort((a, b) => b.core.basicStatus().term - a.core.basicStatus().term)[0];
    if (leader === undefined) continue;
    leader.core.propose([new Uint8Array(1)]);
    const { applied } = leader.core.basicStatus();
    const { confState, config } = leader.core.status();
    const members = new Set([...config.voters.flat(), ...confState.learners]);
    const behind = cluster.servers.filter(({ id, disk }) => members.has(id) && disk.applied < applied);
    if (behind.length === 0 && applied + 1 >= cluster.applied && confState.votersOutgoing.length === 0) return true;
  }
  return false;
}

describe('clusters under random faults', () => {
  // More by hand: RAFT_SEEDS=20000.
  const SEEDS = Number(process.env['RAFT_SEEDS'] ?? 300);
  it(
    `${SEEDS} seeds keep every invariant and agree when faults stop`,
    () => {
      let applied = 0;
      let reads = 0;
      let answered = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        let cluster: Cluster;
        try {
          cluster = run(seed, 6000);
          if (!heal(cluster)) throw new Error('no agreement after faults stopped');
        } catch (error) {
          throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
        }
        applied += cluster.applied;
        reads += cluster.reads;
        answered += cluster.answered;
      }
      // The faults must leave room for work, or nothing is tested.
      expect(applied).toBeGreaterThan(SEEDS * 20);
      expect(answered).toBeGreaterThan(SEEDS);
      expect(reads).toBeGreaterThan(SEEDS * 20);
    },
    120_000 + SEEDS * 20,
  );

  it('a seed gives the same run again', () => {
    const text = (): string => JSON.stringify(run(7, 4000).servers.map(({ core }) => core.status()));
    expect(text()).toBe(text());
  });
});
