import { LoopbackNetwork } from '@dkron/raft';
import type { VirtualTime } from '@dkron/raft/testing';
import type { Random } from '@dkron/runtime';
import type { NodeTime } from './node-time.ts';

/** What the network knows of a machine. */
export interface Endpoint {
  readonly name: string;
  /** Of the present address. */
  readonly ip: string;
  readonly process: NodeTime | undefined;
  /** Its power failed, or it is gone for good: nobody answers, not even to refuse. */
  readonly dark: boolean;
}

export interface FabricPlan {
  /** One way, in milliseconds: the least, and what is drawn on top. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** Of messages between servers, and of calls; streams send again. */
  readonly lossPermille: number;
}

/** Ways between machines: slow, lossy, cut in one direction or both. */
export class Fabric {
  readonly time: VirtualTime;
  readonly raft: RaftNetwork;
  readonly #plan: FabricPlan;
  readonly #random: Random;
  readonly #cuts = new Map<string, number>();
  readonly #machines = new Map<string, Endpoint>();
  /** Address → its host. */
  readonly #ips = new Map<string, string>();
  /** How often the cuts changed. */
  changes = 0;
  #healed = false;

  constructor(plan: FabricPlan, modules: { readonly time: VirtualTime; readonly random: Random }) {
    this.#plan = plan;
    this.time = modules.time;
    this.#random = modules.random;
    this.raft = new RaftNetwork(this);
  }

  /** The machine listens at its present address from now on. */
  place(machine: Endpoint): void {
    this.#machines.set(machine.ip, machine);
  }

  /** Whose address it is, if anybody's now. @param address - `ip:port` or `ip` */
  at(address: string): Endpoint | undefined {
    let ip = this.#ips.get(address);
    if (ip === undefined) this.#ips.set(address, (ip = address.split(':')[0]!));
    const machine = this.#machines.get(ip);
    return machine?.ip === ip ? machine : undefined;
  }

  get delayMs(): number {
    const { delayMs, jitterMs } = this.#plan;
    return delayMs + (jitterMs * this.#random.nextInt(1000)) / 1000;
  }

  get loses(): boolean {
    return !this.#healed && this.#plan.lossPermille > 0 && this.#random.nextInt(1000) < this.#plan.lossPermille;
  }

  /** Nothing gets from one machine to the other, for a while. */
  cut(from: string, to: string, lengthMs: number): void {
    const key = `${from}>${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
    this.changes += 1;
    this.time.after(lengthMs, () => {
      if (this.#healed) return;
      this.#cuts.set(key, this.#cuts.get(key)! - 1);
      this.changes += 1;
    });
  }

  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0;
  }

  /** Neither direction is cut. */
  connected(a: string, b: string): boolean {
    return !this.isCut(a, b) && !this.isCut(b, a);
  }

  heal(): void {
    this.#healed = true;
    this.#cuts.clear();
    this.changes += 1;
  }

  /** A call to whoever is at an address. Rejects when nobody answers in time. */
  call<T>(
    from: Endpoint,
    process: NodeTime,
    address: string,
    serve: (to: Endpoint) => Promise<T>,
    timeoutMs: number,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      let over = false;
      const settle = (work: () => void): void => {
        if (over) return;
        over = true;
        cancel();
        work();
      };
      const cancel = process.after(timeoutMs, () => settle(() => reject(new Error(`${address} does not answer`))));
      const answered = (to: string, work: () => void): void => {
        if (this.isCut(to, from.name) || this.loses) return;
        this.time.after(this.delayMs, () => process.deliver(() => settle(work)));
      };
      this.time.after(this.delayMs, () => {
        const to = this.at(address);
        if (to === undefined || to.dark || this.isCut(from.name, to.name) || this.loses) return;
        const refuse = (error: Error): void => answered(to.name, () => reject(error));
        if (to.process?.alive !== true) return refuse(new Error(`nobody listens at ${address}`));
        to.process.orDeath(() => serve(to)).then((answer) => answered(to.name, () => resolve(answer)), refuse);
      });
    });
  }
}

/** Messages of raft between the addresses of machines. */
class RaftNetwork extends LoopbackNetwork {
  readonly #fabric: Fabric;

  constructor(fabric: Fabric) {
    super({}, { timers: fabric.time });
    this.#fabric = fabric;
    this.fate = () => (fabric.loses ? 'drop' : fabric.delayMs);
  }

  override isCut(from: string, to: string): boolean {
    const [a, b] = [this.#fabric.at(from), this.#fabric.at(to)];
    if (a === undefined || b === undefined) return true;
    return this.#fabric.isCut(a.name, b.name);
  }
}
