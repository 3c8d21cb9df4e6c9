import type { ConfState, Message, NodeId, RaftCore } from '../../core/index.ts';
import { FileSnapshots } from '../../storage/file-snapshots.ts';
import { IdentityFile } from '../../storage/identity.ts';
import { SegmentedWal } from '../../storage/wal.ts';
import type { FoundingRecord } from '../../node/founding.ts';
import type { ReloadableOptions } from '../../node/options.ts';
import { RaftNode } from '../../node/raft-node.ts';
import type { LoopbackTransport } from '../../transport/loopback.ts';
import { Violation } from '../check/violation.ts';
import { CoreView } from '../sim/core-view.ts';
import { type Command, EMPTY_STATE, type MachineState } from '../sim/state-machine.ts';
import type { PendingCall } from '../disk-calls.ts';
import { SimDisk } from '../sim-disk.ts';
import { CoreProbe } from './core-probe.ts';
import type { DriverCrash } from './driver-plan.ts';
import { type DriverWorld, expected } from './driver-world.ts';
import { DurableRecord, RecordedLog } from './durable-record.ts';
import { GatedTransport } from './gated-transport.ts';
import { ReplicatedKv } from './replicated-kv.ts';
import { ProcessTime } from './virtual-time.ts';

/** Longest disk call once faults are over. */
const HEALED_DISK_MS = 4;
/** Longest tick after changes at run time. */
const MOST_TICK_MS = 200;
const SLOW_CALLS: ReadonlySet<string> = new Set(['sync', 'syncDir', 'writeDurable']);

interface ArmedCrash {
  left: number;
  readonly when: 'begin' | 'end';
  readonly mode: DriverCrash;
  readonly downMs: number;
}

export interface DriverServerModules {
  readonly crashed: (server: DriverServer) => void;
  readonly command: (operation: number) => Command | undefined;
}

/** One machine: a simulated disk that outlives its processes, and the real node of the present process. */
export class DriverServer {
  readonly id: NodeId;
  readonly disk: SimDisk;
  readonly record: DurableRecord;
  readonly view: CoreView;
  phase: 'down' | 'starting' | 'up' | 'stopping' = 'down';
  /** Stays down. */
  retired = false;
  /** Founds the cluster with this while its log is empty. */
  founding: FoundingRecord | undefined;
  birth = '';
  node!: RaftNode;
  core!: RaftCore;
  machine: ReplicatedKv | undefined;
  process = new ProcessTime({} as never, 1000, 0);
  readonly #world: DriverWorld;
  readonly #modules: DriverServerModules;
  readonly #ratePermille: number;
  #transport: LoopbackTransport | undefined;
  #probe: CoreProbe | undefined;
  #armed: ArmedCrash | undefined;
  #hangsUntilMs = 0;
  #fullUntilMs = 0;
  #tickMs = 0;
  /** A fault was injected: the node may fail. */
  #struck = false;
  #starts = 0;

  constructor(world: DriverWorld, id: NodeId, modules: DriverServerModules) {
    this.#world = world;
    this.#modules = modules;
    this.id = id;
    const { clockPermille, disk } = world.plan;
    this.#ratePermille = 1000 + world.diskRandom.nextInt(2 * clockPermille + 1) - clockPermille;
    this.disk = new SimDisk(
      { durableWrites: disk.durableWrites },
      { random: world.diskRandom.fork(id), completion: (call, complete) => this.#complete(call, complete) },
    );
    this.record = new DurableRecord({
      name: id,
      appended: (entry, chain) => world.appended(id, entry, chain),
      chainAt: (boundary) => world.chainAt(boundary),
    });
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the view reads the core of the present process
    const server = this;
    this.view = new CoreView(id, {
      get core() {
        return server.core;
      },
      log: this.record,
    });
    this.process.alive = false;
  }

  get up(): boolean {
    return this.phase === 'up' && this.process.alive;
  }

  start(): void {
    const world = this.#world;
    this.#struck = false;
    this.#tickMs = this.#world.plan.node.tickMs!;
    this.phase = 'starting';
    this.#starts += 1;
    const process = new ProcessTime(world.time, this.#ratePermille, world.diskRandom.nextInt(1_000_000));
    this.process = process;
    const disk = this.disk.mount();
    const { plan, logger } = world;
    const wal = new SegmentedWal(
      { segmentBytes: plan.segmentBytes, blockingWrites: 'auto' },
      { disk, clock: process, logger },
    );
    const opened = (outcome: { readonly kept: number; readonly lost: number }): void =>
      world.guard(() => {
        if (outcome.lost > 0) world.mark('crash lost unsynced writes');
        if (outcome.kept > 0) world.mark('crash kept unsynced writes');
        world.watch.each((checker) => checker.restarted?.(this.id, this.record));
      });
    const alive = (): boolean => process.alive;
    const saved: MachineState = this.machine?.saved ?? EMPTY_STATE;
    const machine = new ReplicatedKv(this.id, plan.machine, saved, {
      world,
      process,
      record: this.record,
      command: this.#modules.command,
      configured: (index: number, conf: ConfState) => this.#probe?.configured(index, conf),
    });
    this.machine = machine;
    this.#transport = world.network.transport(this.id);
    const node = new RaftNode(
      { id: this.id, ...plan.node },
      {
        log: new RecordedLog(wal, this.record, alive, opened),
        snapshots: new FileSnapshots({}, { disk, logger }),
        identity: new IdentityFile({}, { disk }),
        transport: new GatedTransport(this.#transport, {
          process,
          sent: (message) => this.#sent(message),
          again: () => world.drawSecondMs(),
        }),
        stateMachine: machine,
        clock: process,
        timers: process,
        random: world.diskRandom.fork(`${this.id} ${this.#starts}`),
        logger,
        onCore: (core) => this.#newCore(core, process),
      },
    );
    this.node = node;
    node.on('fatal', ({ error }) => this.#failed(process, error));
    node.on('snapshot', ({ kind }) => world.mark(`snapshot ${kind}`));
    node.on('stall', () => world.mark('stall noticed'));
    node.on('diskStuck', () => world.mark('disk stuck noticed'));
    node.start().then(
      () => this.#started(process, node),
      (error: unknown) => this.#failed(process, error as Error),
    );
  }

  /** Ends at once, and comes back after a while unless it is retired. */
  crash(mode: DriverCrash, downMs: number): void {
    if (!this.process.alive) return;
    this.#world.mark(mode === 'kill' ? 'process killed' : `power failed, ${mode}`);
    if (this.phase === 'starting') this.#world.mark('crash while starting');
    this.process.kill();
    if (mode === 'kill') this.disk.killProcess();
    else this.disk.crash(mode);
    this.#gone(downMs);
  }

  /** Ends as told to. */
  stop(transfer: boolean, downMs: number): void {
    if (!this.up) return;
    const { process } = this;
    this.#world.mark('stopped');
    this.phase = 'stopping';
    this.node.stop({ transfer }).then(
      () => {
        if (!process.alive) return;
        process.kill();
        this.disk.killProcess();
        this.#gone(downMs);
      },
      (error: unknown) => this.#world.fail(error),
    );
  }

  /** The process crashes at a later call of its disk. */
  arm(crash: ArmedCrash): void {
    if (crash.left === 0) this.crash(crash.mode, crash.downMs);
    else this.#armed = crash;
  }

  hang(lengthMs: number): void {
    this.#hangsUntilMs = this.#world.time.nowMs + lengthMs;
  }

  /** The disk has no more room than that for a while. */
  fill(leftBytes: number, lengthMs: number): void {
    const { time } = this.#world;
    this.#fullUntilMs = Math.max(this.#fullUntilMs, time.nowMs + lengthMs);
    this.disk.setCapacity(this.disk.usedBytes + leftBytes);
    this.#world.mark('disk filled');
    time.after(lengthMs, () => {
      if (time.nowMs >= this.#fullUntilMs) this.emptied();
    });
  }

  /** There is room again. */
  emptied(): void {
    this.#fullUntilMs = 0;
    this.disk.setCapacity(Infinity);
  }

  /**
   * A read gives other bytes than the disk holds. Not while it starts: at the end of the log nobody can tell that from a
   * write that was torn.
   */
  misread(after: number, mask: number): void {
    if (!this.up) return;
    this.strike();
    this.disk.inject({ call: 'read', after, flipMask: mask });
    this.#world.mark('read error armed');
  }

  /** Ticks only grow; what this life was told ends with it. */
  reload(tickFactor: number, options: ReloadableOptions): void {
    if (!this.up || this.process.stalled) return;
    this.#tickMs = Math.min(MOST_TICK_MS, this.#tickMs * tickFactor);
    this.node.reloadConfig({ ...options, tickMs: this.#tickMs });
    this.#world.mark(tickFactor > 1 ? 'options and ticks changed' : 'options changed');
  }

  /** Errors of this life are to be expected. */
  strike(): void {
    this.#struck = true;
  }

  #gone(downMs: number): void {
    this.phase = 'down';
    this.#armed = undefined;
    this.disk.clearFaults();
    void this.#transport?.close();
    this.#modules.crashed(this);
    this.#world.time.after(downMs, () => {
      if (this.phase === 'down' && !this.retired) this.start();
    });
  }

  #newCore(core: RaftCore, process: ProcessTime): void {
    this.view.life += 1;
    this.core = core;
    const alive = (): boolean => process.alive && this.core === core;
    this.#probe = new CoreProbe(core, { world: this.#world, view: this.view, record: this.record, alive });
  }

  #started(process: ProcessTime, node: RaftNode): void {
    if (!process.alive) return;
    this.phase = 'up';
    this.birth = node.identity.birth;
    if (this.founding === undefined || this.record.lastIndex > 0) return;
    node.bootstrap(this.founding).catch((error: unknown) => expected(error, this.#world));
  }

  #failed(process: ProcessTime, error: Error): void {
    if (!process.alive) return;
    // A node does not start or found a cluster without room, and waits for some while it runs.
    const noRoom = (this.phase === 'starting' || this.record.lastIndex === 0) && this.#fullUntilMs > 0;
    if (!this.#struck && !noRoom) {
      const what = `${this.id} failed though its disk did not: ${error.message}`;
      this.#world.fail(error instanceof Violation ? error : new Violation('driver', what));
      return;
    }
    this.#world.mark('node failed with its disk');
    this.#world.time.after(0, () => {
      if (this.process === process) this.crash('kill', 100);
    });
  }

  #sent(message: Message): void {
    const world = this.#world;
    world.guard(() => {
      world.watch.sent(this.id, message, this.record);
      if (world.idle) world.watch.each((checker) => checker.idleSent?.(message));
    });
  }

  #complete({ call }: PendingCall, complete: () => void): void {
    const world = this.#world;
    const armed = world.healed ? undefined : this.#armed;
    const strikes = armed !== undefined && --armed.left <= 0;
    if (strikes) {
      this.#armed = undefined;
      world.mark(`crash at ${call}, ${armed.when}`);
      if (armed.when === 'begin') {
        this.crash(armed.mode, armed.downMs);
        return;
      }
    }
    const { process } = this;
    const run = (): void => {
      const waitMs = world.healed ? 0 : this.#hangsUntilMs - world.time.nowMs;
      if (waitMs > 0) {
        world.time.after(waitMs, run);
        return;
      }
      if (!strikes) {
        process.deliver(complete);
        return;
      }
      complete();
      if (this.process === process) this.crash(armed.mode, armed.downMs);
    };
    world.time.after(this.#drawMs(call), run);
  }

  #drawMs(call: string): number {
    const { plan, diskRandom, healed } = this.#world;
    const { syncMs, callMs, spikePermille, spikeMs } = plan.disk;
    if (!healed && diskRandom.nextInt(1000) < spikePermille) return spikeMs;
    const most = SLOW_CALLS.has(call) ? syncMs : callMs;
    return ((healed ? Math.min(most, HEALED_DISK_MS) : most) * (1 + diskRandom.nextInt(1000))) / 1000;
  }
}
