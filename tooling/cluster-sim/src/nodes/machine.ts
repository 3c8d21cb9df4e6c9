import type { DiskCall, PendingCall } from '@dkron/raft/testing';
import { SimDisk } from '@dkron/raft/testing';
import type { Random } from '@dkron/runtime';
import type { Endpoint } from '../world/fabric.ts';
import { JournalMedium, KeyValueMedium } from '../world/media.ts';
import type { MachineClock } from '../world/node-time.ts';
import { NodeTime } from '../world/node-time.ts';
import { SimExecutor } from '../world/sim-executor.ts';
import type { World } from '../world/world.ts';

const SLOW_CALLS: ReadonlySet<DiskCall> = new Set(['sync', 'syncDir', 'writeDurable']);

/** How a process ends: alone, or with the power of its machine, which forgets what was not synced. */
export type Crash = 'kill' | 'power';

/** An orderly end: `leave` = and for good, as far as the cluster knows. */
export type Stop = 'stop' | 'leave';

/** For commands that run when their node is to end. */
export const STOP_TIMEOUT_MS = 5000;

/** A machine with a disk that outlives its processes, at an address that may change. */
export abstract class Machine implements Endpoint {
  readonly name: string;
  readonly kv = new KeyValueMedium();
  readonly journal = new JournalMedium();
  disk: SimDisk;
  readonly clock: MachineClock;
  ip: string;
  dark = true;
  /** Gone for good. */
  retired = false;
  /** It has left: what it still runs keeps nothing of a slot. */
  excused = false;
  process: NodeTime | undefined;
  #downMs = 0;
  #stalledMs = -1;
  #stalledUntilMs = -1;
  /** An orderly end was asked for. */
  stopping = false;
  protected readonly world: World;
  protected executor: SimExecutor | undefined;
  #starts = 0;
  #downs = 0;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
    const { clockPermille } = world.plan;
    const ratePermille = 1000 + world.diskRandom.nextInt(2 * clockPermille + 1) - clockPermille;
    this.clock = { wallOffsetMs: 0, ratePermille };
    this.ip = world.newIp();
    this.disk = this.#newDisk();
  }

  get up(): boolean {
    return this.process?.alive === true;
  }

  /** How often it went down: tells a planned start from a later one. */
  get downs(): number {
    return this.#downs;
  }

  /** For how long nothing of it has happened. */
  get absentMs(): number {
    const { nowMs } = this.world;
    if (!this.up) return nowMs - this.#downMs;
    return this.process!.stalled ? Math.max(0, nowMs - this.#stalledMs) : 0;
  }

  /** Its process stands still. */
  stall(lengthMs: number): void {
    this.#stalledMs = this.world.nowMs;
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#stalledMs + lengthMs);
    this.process?.stall(lengthMs);
  }

  /** It stood still after that time. */
  stalledLately(sinceMs: number): boolean {
    return this.#stalledUntilMs > sinceMs || this.process?.stalled === true;
  }

  /** Its process ends in order; resolves when nothing of it is left but the process. */
  stop(how: Stop): Promise<void> {
    this.stopping = true;
    this.world.say(() => `${this.name} is told to ${how}`);
    return this.process!.orDeath(() => this.halt(how)).catch((error: unknown) => {
      // It was killed meanwhile.
      if (this.up && this.stopping) throw error;
    });
  }

  start(): void {
    if (this.up || this.retired) return;
    this.stopping = false;
    const { world } = this;
    this.#starts += 1;
    this.dark = false;
    this.excused = false;
    world.fabric.place(this);
    const process = new NodeTime(world.time, this.clock, world.diskRandom.nextInt(1_000_000));
    this.process = process;
    this.executor = new SimExecutor(this, process, { time: world.time, watch: world.checks });
    world.say(() => `${this.name} starts at ${this.ip}`);
    process.after(1, () => {
      this.boot(process, this.executor!, world.random.fork(`${this.name} ${this.#starts}`)).catch((error: unknown) =>
        this.failed(process, error),
      );
    });
  }

  /** The process ends now. */
  crash(how: Crash): void {
    const { process, world } = this;
    if (process === undefined || !process.alive) return;
    world.say(() => `${this.name} ${how === 'kill' ? 'is killed' : 'loses power'}`);
    this.#downs += 1;
    this.#downMs = world.nowMs;
    if (how === 'power') this.dark = true;
    process.kill();
    if (how === 'kill') {
      this.disk.killProcess();
      this.journal.killed();
    } else {
      this.disk.crash('random');
      this.kv.crash(world.diskRandom);
      this.journal.crash(world.diskRandom);
    }
    this.executor?.killed();
    this.disk.clearFaults();
    this.ended(process, how);
    if (how === 'kill') world.sessions.killed(process);
  }

  /** Everything on its disks is gone. */
  wipe(): void {
    this.crash('power');
    this.disk = this.#newDisk();
    this.kv.wipe();
    this.journal.wipe();
  }

  move(): void {
    this.ip = this.world.newIp();
  }

  /** It has begun, and can be stopped in order. */
  abstract get ready(): boolean;
  protected abstract halt(how: Stop): Promise<void>;
  protected abstract boot(process: NodeTime, executor: SimExecutor, random: Random): Promise<void>;
  protected abstract ended(process: NodeTime, how: Crash): void;

  protected failed(process: NodeTime, error: unknown): void {
    if (!process.alive) return;
    this.world.fail(new Error(`${this.name} failed: ${(error as Error).stack ?? String(error)}`));
  }

  protected syncMs(): number {
    const { syncMs } = this.world.plan.disk;
    return (syncMs * (500 + this.world.diskRandom.nextInt(1000))) / 1000;
  }

  #newDisk(): SimDisk {
    const random = this.world.diskRandom.fork(`${this.name} ${this.#downs}`);
    return new SimDisk(
      { durableWrites: true },
      { random, completion: (call, complete) => this.#complete(call, complete) },
    );
  }

  #complete({ call }: PendingCall, complete: () => void): void {
    const { process, world } = this;
    if (!SLOW_CALLS.has(call) || process === undefined) return complete();
    world.time.after(this.syncMs(), () => process.deliver(complete));
  }
}
