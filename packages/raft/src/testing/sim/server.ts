import {
  COMPACTED,
  type ConfState,
  decodeConfChange,
  EMPTY_CONF_STATE,
  type Entry,
  EntryType,
  type LogWindow,
  type Message,
  type NodeId,
  RaftCore,
  type Ready,
  type SnapshotMeta,
  type StepResult,
} from '../../core/index.ts';
import { CoreView } from './core-view.ts';
import { Lane } from './lane.ts';
import { operationIn } from './payload.ts';
import { Resignation } from './resignation.ts';
import { ServerObserver } from './server-observer.ts';
import { SimLog, type StoredSnapshot } from './sim-log.ts';
import { EMPTY_STATE, KeyValueMachine, type MachineState } from './state-machine.ts';
import { Label, type World } from './world.ts';
import { asyncBatch, syncBatch, type WriteBatch } from './write-batch.ts';

/** Who sends what a server says, and who hears what it applied. */
export interface ServerPorts {
  readonly send: (from: SimServer, message: Message) => void;
  /** A server applied a client's operation. */
  readonly operationApplied: (server: SimServer, operation: number, effective: boolean) => void;
  /** A read may be answered. */
  readonly readReady: (server: SimServer, read: number) => void;
  readonly crashed: (server: SimServer) => void;
  readonly command: (operation: number) => Parameters<KeyValueMachine['execute']>[0] | undefined;
}

/** Longest pause of a disk, in units, once faults are over: elections must have a chance. */
const HEALED_DELAY = 20;

/** One server: a core, its disk, its state machine, and the lanes between them. */
export class SimServer {
  readonly id: NodeId;
  readonly slot: number;
  readonly view: CoreView;
  readonly log: SimLog;
  core!: RaftCore;
  machine = new KeyValueMachine(EMPTY_STATE);
  conf: ConfState = EMPTY_CONF_STATE;
  up = false;
  /** Stays down: not a member any more, or meant to have failed for good. */
  retired = false;
  stalledUntil = 0;
  /** States behind snapshots that were received. */
  readonly #incoming = new Map<number, MachineState>();
  readonly #world: World;
  readonly #ports: ServerPorts;
  readonly #period: number;
  readonly #observer: ServerObserver;
  readonly #resignation: Resignation;
  readonly #appends: Lane<WriteBatch>;
  readonly #applies: Lane<Message>;
  /** Without asynchronous storage: the ready that is being written. */
  #inSync: Ready | undefined;
  #window!: LogWindow;
  #waitingReads: { read: number; index: number }[] = [];
  #wakeScheduled = false;
  #missedTicks = 0;

  constructor(world: World, id: NodeId, period: number, snapshot: StoredSnapshot | undefined, ports: ServerPorts) {
    this.#world = world;
    this.#ports = ports;
    this.id = id;
    this.slot = world.servers.length;
    this.#period = Math.max(1, Math.floor(period));
    this.view = new CoreView(id, this);
    this.#observer = new ServerObserver(world, this);
    this.#resignation = new Resignation(world, this);
    this.log = new SimLog(snapshot, (entry, chain) => world.watch.appended(id, entry, chain));
    const disk = (): number => this.#diskDelay();
    this.#appends = new Lane(
      true,
      (done) => this.later(disk(), Label.written, done),
      (batches) => this.#written(batches),
    );
    this.#applies = new Lane(
      false,
      (done) => this.later(this.#pause(world.plan.disk.applyDelay), Label.applied, done),
      ([work]) => this.#appliedBatch(work!),
    );
  }

  get stalled(): boolean {
    return this.stalledUntil > this.#world.time;
  }

  /** Starts from what is on the disk. */
  start(): void {
    const { plan, events, diskRandom } = this.#world;
    this.#recoverMachine();
    this.view.life++;
    this.up = true;
    this.#window = this.log.openWindow(this.conf, plan.disk.cacheBytes);
    const storage = this.#window;
    const rand = (n: number): number => diskRandom.nextInt(n);
    this.core = new RaftCore(
      { ...plan.core, id: this.id, applied: this.machine.applied },
      { storage, rand, ...(events === undefined ? {} : { events }) },
    );
    this.#observer.started();
    this.#scheduleTick();
  }

  /** Stops at once. `keepPermille` of what was being written reaches the disk. */
  crash(keepPermille: number): void {
    const world = this.#world;
    world.mark('crash');
    const pending = this.#inSync === undefined ? this.#appends.jobs : [syncBatch(this.#inSync)];
    const kept = Math.floor((keepPermille * (pending.length + 1)) / 1001);
    if (kept < pending.length) world.mark('crash lost unsynced writes');
    if (kept > 0 && kept < pending.length) world.mark('crash kept a part of unsynced writes');
    for (const batch of pending.slice(0, kept)) this.log.write(batch, (index) => this.#stateOf(index));
    if (keepPermille < 500 && this.log.forgetUnsynced()) world.mark('crash lost the commit index');
    this.up = false;
    this.stalledUntil = 0;
    this.#appends.clear();
    this.#applies.clear();
    this.#inSync = undefined;
    this.#waitingReads = [];
    this.#wakeScheduled = false;
    this.#missedTicks = 0;
    this.view.life++;
    this.#ports.crashed(this);
  }

  restart(): void {
    this.start();
    this.#world.watch.each((checker) => checker.restarted?.(this.id, this.log));
  }

  /** Calls the core and looks at what became of it. */
  call(action: (core: RaftCore) => StepResult | void): StepResult | void {
    this.#world.steps++;
    const result = action(this.core);
    this.#observer.stepped();
    this.#scheduleWake();
    return result;
  }

  /** Proposes an entry without payload, which no limit may refuse. Whether it was accepted. */
  proposeEmpty(): boolean {
    const { leadTransferee, role } = this.core.internals;
    const mustAccept = role === 'leader' && leadTransferee === '' && this.core.progress(this.id) !== undefined;
    const accepted = this.call((core) => core.propose([new Uint8Array(0)])) === 'ok';
    if (mustAccept && !accepted) this.#world.watch.each((checker) => checker.emptyRefused?.(this.view));
    return accepted;
  }

  /** Runs something on this server later, unless it crashes before; if it stalls, when it goes on. */
  later(delay: number, label: number, run: () => void): void {
    const { life } = this.view;
    const guarded = (): void => {
      if (this.view.life !== life || !this.up) return;
      const wait = this.stalledUntil - this.#world.time;
      // Timers run before everything else when a stall ends.
      if (wait > 0) this.#world.after(label === Label.tick ? wait : wait + 1, label, guarded);
      else run();
    };
    this.#world.after(delay, label, guarded);
  }

  receive(message: Message, state: MachineState | undefined): void {
    if (message.snapshot !== undefined && state !== undefined) this.#incoming.set(message.snapshot.index, state);
    this.call((core) => core.step(message));
  }

  /** Answers once the state machine has applied `index`. */
  awaitApplied(read: number, index: number): void {
    this.#waitingReads.push({ read, index });
    this.#answerReads();
  }

  /** Makes a snapshot of what is applied and forgets the log up to `trailing` entries before it. */
  makeSnapshot(trailing: number): void {
    const { applied } = this.machine;
    const installing = this.core.internals.log.unstable.snapshot !== undefined;
    if (installing || applied <= (this.log.snapshot?.meta.index ?? 0)) return;
    const term = this.log.termAt(applied);
    if (term === undefined) return;
    const meta: SnapshotMeta = { index: applied, term, confState: this.conf };
    this.log.snapshot = { meta, state: this.machine.state() };
    this.#window.setSnapshot(meta);
    const to = applied - trailing;
    if (to <= this.log.boundary) return;
    this.#world.mark('compaction');
    this.log.compact(to);
    this.#window.compact(to);
  }

  #stateOf(index: number): MachineState {
    const state = this.#incoming.get(index);
    if (state === undefined) throw new Error(`${this.id} installs a snapshot at ${index} that it did not receive`);
    return state;
  }

  #recoverMachine(): void {
    const { snapshot } = this.log;
    const index = snapshot?.meta.index ?? 0;
    if (this.#world.plan.disk.durableStateMachine && this.machine.applied >= index) return;
    if (index > 1) this.#world.mark('restart from a snapshot');
    if (index > 1 && this.log.lastIndex === index) this.#world.mark('restart with an empty log behind a snapshot');
    this.machine = new KeyValueMachine(snapshot?.state ?? EMPTY_STATE);
    this.conf = snapshot?.meta.confState ?? EMPTY_CONF_STATE;
  }

  #diskDelay(): number {
    const { diskRandom, plan, healed } = this.#world;
    const { writeDelay, spikePermille } = plan.disk;
    const delay = this.#pause(writeDelay);
    return !healed && diskRandom.nextInt(1000) < spikePermille ? delay * 30 : delay;
  }

  /** Even over so many units; short once faults are over. */
  #pause(units: number): number {
    const { diskRandom, healed } = this.#world;
    return 1 + diskRandom.nextInt(healed ? Math.min(units, HEALED_DELAY) : units);
  }

  #scheduleTick(): void {
    this.later(this.#period, Label.tick, () => {
      const missed = this.#missedTicks;
      this.#missedTicks = 0;
      for (let i = 0; i <= missed; i++) this.call((core) => core.tick());
      this.#scheduleTick();
    });
  }

  /** The server executes nothing for a while. Afterwards it may count the ticks it missed. */
  stall(length: number, countMissed: boolean): void {
    this.stalledUntil = Math.max(this.stalledUntil, this.#world.time + length);
    const { electionTick = 10 } = this.#world.plan.core;
    if (!countMissed) return;
    this.#missedTicks = Math.min(Math.floor(length / this.#period), 2 * electionTick);
    if (this.#missedTicks > 0) this.#world.mark('timers before messages');
  }

  #scheduleWake(): void {
    if (this.#wakeScheduled) return;
    this.#wakeScheduled = true;
    const { plan, networkRandom } = this.#world;
    this.later(networkRandom.nextInt(plan.turn), Label.wake, () => {
      this.#wakeScheduled = false;
      this.#turn();
    });
  }

  /** One turn of the event loop: at most one ready. */
  #turn(): void {
    if (this.#world.plan.resigns === true) this.#resignation.check();
    if (this.#inSync !== undefined || !this.core.hasReady()) return;
    this.#world.steps++;
    const ready = this.core.ready();
    this.#observer.stepped();
    if (this.core.internals.role === 'leader') this.#observer.leads(ready.entries);
    if (this.#world.plan.core.asyncStorage === false) {
      this.#inSync = ready;
      this.later(this.#diskDelay(), Label.written, () => this.#finishSync(ready));
    } else {
      for (const message of ready.messages) this.#send(message);
      if (ready.storageAppend !== undefined) this.#appends.push(asyncBatch(ready.storageAppend));
      if (ready.storageApply !== undefined) this.#applies.push(ready.storageApply);
    }
    this.#serveReads(ready);
    if (this.core.hasReady()) this.#scheduleWake();
  }

  #serveReads(ready: Ready): void {
    for (const { index, context } of ready.readStates) {
      const read = operationIn(context);
      this.#world.watch.each((checker) => checker.readAnswered?.(read, index));
      this.awaitApplied(read, index);
    }
    for (const { id, lo, hi, maxBytes } of ready.reads) {
      this.later(this.#pause(this.#world.plan.disk.readDelay), Label.read, () => {
        this.call((core) => core.entriesRead(id, this.log.read(lo, hi, maxBytes) ?? COMPACTED));
      });
    }
  }

  /** Without asynchronous storage: all is written, so messages may leave and entries be applied. */
  #finishSync(ready: Ready): void {
    this.#inSync = undefined;
    this.#persist(syncBatch(ready));
    for (const message of ready.messages) this.#send(message);
    this.#applyEntries(ready.committed);
    this.call((core) => core.advance());
  }

  #written(batches: readonly WriteBatch[]): void {
    for (const batch of batches) this.#persist(batch);
    const { life } = this.view;
    for (const batch of batches) {
      for (const response of batch.responses) {
        if (this.view.life !== life) return;
        this.#send(response);
      }
    }
  }

  #persist(batch: WriteBatch): void {
    const { snapshot } = batch;
    const installs = snapshot !== undefined && snapshot.index > (this.log.snapshot?.meta.index ?? 0);
    this.log.write(batch, (index) => this.#stateOf(index));
    if (installs) {
      this.#window.applySnapshot(snapshot);
      if (this.machine.applied < snapshot.index) {
        this.#world.mark('snapshot installed');
        this.machine = new KeyValueMachine(this.log.snapshot!.state);
        this.conf = snapshot.confState;
      }
      for (const index of this.#incoming.keys()) if (index <= snapshot.index) this.#incoming.delete(index);
      this.#answerReads();
    }
    this.#window.append(batch.entries);
  }

  #send(message: Message): void {
    const world = this.#world;
    world.watch.sent(this.id, message, this.log);
    if (message.to === this.id) {
      this.call((core) => core.step(message));
      return;
    }
    if (world.idle) world.watch.each((checker) => checker.idleSent?.(message));
    this.#observer.sent(message);
    if (message.type === 'TimeoutNow' && !this.view.isVoter) this.#resignation.relieved();
    this.#ports.send(this, message);
  }

  #appliedBatch(work: Message): void {
    this.#applyEntries(work.entries);
    const { life } = this.view;
    for (const response of work.responses) if (this.view.life === life) this.call((core) => core.step(response));
    const { snapshotEvery, trailing } = this.#world.plan.disk;
    const behind = this.machine.applied - (this.log.snapshot?.meta.index ?? 0);
    if (snapshotEvery > 0 && behind >= snapshotEvery) this.makeSnapshot(trailing);
  }

  #applyEntries(entries: readonly Entry[]): void {
    for (const entry of entries) {
      // A snapshot that arrived meanwhile holds these entries and the membership after them.
      if (entry.index <= this.machine.applied || entry.index < this.view.firstIndex) {
        this.#world.mark('entries superseded by a snapshot');
        continue;
      }
      this.#applyEntry(entry);
    }
    this.#answerReads();
  }

  #applyEntry(entry: Entry): void {
    const { machine } = this;
    const { watch } = this.#world;
    const operation = entry.type === EntryType.normal ? operationIn(entry.data) : 0;
    machine.applied = entry.index;
    machine.extend(entry);
    watch.applied(this.id, entry, machine.chain, operation);
    if (entry.type !== EntryType.normal) {
      this.#applyConfChange(entry);
      return;
    }
    const command = this.#ports.command(operation);
    if (command === undefined) return;
    const effective = machine.execute(command);
    this.#ports.operationApplied(this, operation, effective);
  }

  #applyConfChange(entry: Entry): void {
    const before = this.conf;
    this.call((core) => {
      try {
        this.conf = core.applyConfChange(decodeConfChange(entry));
      } catch (error) {
        // Refused alike everywhere: the membership stays.
        if ((error as Error).name !== 'ConfChangeError') throw error;
        this.#observer.changeRefused(entry, before);
      }
    });
    const { conf } = this;
    this.#observer.changed(before, conf);
    this.#world.watch.each((checker) => checker.configured?.(this.id, entry.index, before, conf));
  }

  #answerReads(): void {
    const { applied } = this.machine;
    const ready = this.#waitingReads.filter(({ index }) => index <= applied);
    if (ready.length === 0) return;
    this.#waitingReads = this.#waitingReads.filter(({ index }) => index > applied);
    for (const { read } of ready) this.#ports.readReady(this, read);
  }
}
