import { assert, type Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import type { Encoded, SendPacket, StartPushPull, StreamPing, SwimEvent } from '../core/swim/effects.ts';
import { resolveTuning, type SwimProfile, type SwimTuning } from '../core/swim/options.ts';
import { Swim } from '../core/swim/swim.ts';
import { type Address, encodeVersions, type NodeState, OUR_VERSIONS } from '../core/types.ts';
import { parseIp } from '../core/ip.ts';
import type { PacketMessage } from '../core/wire/messages.ts';
import { decodeMessage } from '../core/wire/packet-message.ts';
import { EventHeap } from './event-heap.ts';
import { objectEncoder } from './message-length.ts';
import { SharedMembers, SharedTable } from './shared-table.ts';
import { dataLossMs, openingLossMs, segmentsOf } from './stream-loss.ts';
import { VirtualMember } from './virtual-member.ts';

/** Options of a simulated pool. */
export interface SwimNetworkOptions {
  /** The same seed gives the same run. */
  readonly seed: number;
  readonly profile?: SwimProfile;
  readonly tuning?: Partial<SwimTuning>;
  /** Each packet and stream step takes something within this. Default: 1 to 10. */
  readonly delayMs?: readonly [least: number, greatest: number];
  /** Whether packets pass as bytes, really encoded and decoded, or as objects, which is faster. Default: bytes. */
  readonly mode?: 'bytes' | 'objects';
  /** Whether streams lose as many packets, and send them again as TCP does. Default: they come through. */
  readonly lossyStreams?: boolean;
  /** Which events members keep as seen. Default: all. */
  readonly keeps?: (event: SwimEvent) => boolean;
}

const PORT = 7946;
const PPM = 1_000_000;
const NO_BYTES = new Uint8Array(0);

/** Members of a pool, their clock and the network between them, all virtual. */
export class SwimNetwork {
  readonly members = new Map<string, VirtualMember>();
  /** Packets lost, of a million. */
  lossPpm = 0;
  /** Datagrams given to the network. */
  packetsSent = 0;
  readonly #byAddress = new Map<string, VirtualMember>();
  readonly #heap = new EventHeap();
  readonly #tuning: SwimTuning;
  readonly #delayMs: readonly [number, number];
  readonly #asObjects: boolean;
  readonly #keeps: (event: SwimEvent) => boolean;
  readonly #lossyStreams: boolean;
  readonly #shared = new SharedMembers();
  readonly #encode = objectEncoder();
  readonly #tables = new Map<string, SharedTable>();
  readonly #random: Random;
  #nowMs = 0;
  #side: ((name: string) => unknown) | undefined;

  constructor({ seed, profile, tuning, delayMs = [1, 10], mode = 'bytes', ...more }: SwimNetworkOptions) {
    this.#tuning = resolveTuning(profile, tuning);
    this.#delayMs = delayMs;
    this.#asObjects = mode === 'objects';
    this.#keeps = more.keeps ?? (() => true);
    this.#lossyStreams = more.lossyStreams ?? false;
    this.#random = seededRandom(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get tuning(): SwimTuning {
    return this.#tuning;
  }

  /** A new member that knows only itself. */
  add(name: string, ip = ipOf(this.members.size), knowsAll = false): VirtualMember {
    const address: Address = { ip, port: PORT };
    const member = new VirtualMember(name, address, this.#newSwim(name, address, knowsAll), {
      now: () => this.#nowMs,
      plan: (atMs, run) => this.#heap.plan(atMs, run),
      keeps: this.#keeps,
      perform: (from, effect) => {
        if (effect.type === 'packet') this.#sendPacket(from, effect);
        else if (effect.type === 'pushPull') this.#pushPull(from, effect);
        else this.#streamPing(from, effect);
      },
    });
    this.members.set(name, member);
    this.#byAddress.set(keyOf(address), member);
    member.do((swim) => swim.start(this.#nowMs));
    return member;
  }

  /** `count` members that join the first one, one after the other, `everyMs` apart. */
  populate(count: number, everyMs = 0): VirtualMember[] {
    const all = Array.from({ length: count }, (_, i) => {
      const member = this.add(`n${i}`);
      if (i > 0) this.join(member.name, 'n0');
      this.run(everyMs);
      return member;
    });
    return all;
  }

  /** `count` members that know each other from the start, with nothing left to tell. */
  populateKnown(count: number): VirtualMember[] {
    if (this.#asObjects) return this.#populateShared(count);
    const all = Array.from({ length: count }, (_, i) => this.add(`n${i}`));
    const nodes = all.flatMap(({ swim }) => swim.localState(false).nodes);
    for (const member of all) member.do((swim) => swim.preload(nodes, this.#nowMs));
    return all;
  }

  /** As objects, what all know is held once. */
  #populateShared(count: number): VirtualMember[] {
    const names = Array.from({ length: count }, (_, i) => `n${i}`);
    const vsn = encodeVersions(OUR_VERSIONS);
    const nodes = names.map((name, i) => {
      return { name, addr: parseIp(ipOf(i))!, port: PORT, meta: null, vsn, incarnation: 1, state: 0 };
    });
    assert(this.members.size === 0, 'others are there already');
    this.#shared.know(nodes, this.#nowMs);
    return names.map((name) => this.add(name, undefined, true));
  }

  member(name: string): VirtualMember {
    const member = this.members.get(name);
    assert(member !== undefined, `no member ${name}`);
    return member;
  }

  join(name: string, contact: string): void {
    const { address: to } = this.member(contact);
    this.#pushPull(this.member(name), { type: 'pushPull', to, node: contact, join: true });
  }

  /** Starts a killed member again, with nothing but its name and address. */
  restart(name: string, contact: string): void {
    const member = this.member(name);
    member.restart(this.#newSwim(name, member.address));
    this.join(name, contact);
  }

  /** Cuts the network: who has the same value of `side` hears each other. */
  partition(side: (name: string) => unknown): void {
    this.#side = side;
  }

  heal(): void {
    this.#side = undefined;
  }

  plan(inMs: number, run: () => void): void {
    this.#heap.plan(this.#nowMs + inMs, run);
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** Runs until `isDone`, asked after every event, at most `withinMs`; says whether it was. */
  runUntil(isDone: () => boolean, withinMs: number): boolean {
    const endMs = this.#nowMs + withinMs;
    while (!isDone()) {
      if (this.#heap.nextMs > endMs) {
        this.#nowMs = endMs;
        return isDone();
      }
      this.#nowMs = this.#heap.nextMs;
      this.#heap.take()();
    }
    return true;
  }

  /** What running members hold of `name`; `undefined` is of those that do not know it. */
  views(name: string): (NodeState | undefined)[] {
    return this.running().map(({ swim }) => swim.member(name)?.state);
  }

  running(): VirtualMember[] {
    return [...this.members.values()].filter(({ running }) => running);
  }

  #newSwim(name: string, { ip, port }: Address, knowsAll = false): Swim {
    const identity = { name, addr: parseIp(ip)!, port, meta: NO_BYTES, vsn: encodeVersions(OUR_VERSIONS) };
    const random = this.#random.fork(`${name} ${this.#nowMs}`);
    if (!this.#asObjects) return new Swim(identity, this.#tuning, { random });
    const table = new SharedTable(name, this.#shared, random, knowsAll);
    this.#tables.set(name, table);
    return new Swim(identity, this.#tuning, { random, table, encode: this.#encode });
  }

  #sendPacket(from: VirtualMember, { to, messages }: SendPacket): void {
    this.packetsSent++;
    const sizeBytes = messages.reduce((sum, { bytes }) => sum + bytes.length + 2, messages.length > 1 ? 2 : -2);
    assert(sizeBytes <= this.#tuning.udpBufferBytes, `datagram of ${sizeBytes} bytes`);
    const target = this.#reach(from, to);
    if (target === undefined || this.#random.nextInt(PPM) < this.lossPpm) return;
    this.#later(() => target.do((swim) => swim.receive(this.#opened(target, messages), from.address, this.#nowMs)));
  }

  /** What a member has of a packet. Of objects, those that say nothing new are left out, which changes nothing. */
  #opened({ name }: VirtualMember, messages: readonly Encoded[]): PacketMessage[] {
    if (!this.#asObjects) return messages.map(({ bytes }) => decodeMessage(bytes));
    const table = this.#tables.get(name)!;
    const news: PacketMessage[] = [];
    for (const { message } of messages) if (!table.isOld(message)) news.push(message);
    return news;
  }

  #pushPull(from: VirtualMember, { to, join }: StartPushPull): void {
    const target = this.#reach(from, to);
    if (target === undefined) return;
    const { tcpTimeoutMs } = this.#tuning;
    from.do((dialler) => {
      const ours = dialler.localState(join);
      const thereMs = this.#openMs() + this.#dataMs(ours.nodes.length);
      if (thereMs > tcpTimeoutMs) return;
      this.#later(() => {
        target.do((listener) => {
          const theirs = listener.localState(join);
          listener.mergeState(ours, this.#nowMs);
          const backMs = this.#dataMs(theirs.nodes.length);
          if (this.#reach(from, to) !== target || thereMs + backMs > tcpTimeoutMs) return;
          this.#later(() => from.do((swim) => swim.mergeState(theirs, this.#nowMs)), backMs);
        });
      }, thereMs);
    });
  }

  #streamPing(from: VirtualMember, { to, seqNo, deadlineMs }: StreamPing): void {
    const target = this.#reach(from, to);
    if (target === undefined) return;
    const answer = (): void => {
      from.do((swim) => {
        if (this.#nowMs <= deadlineMs) swim.streamPingAnswered(seqNo, this.#nowMs);
      });
    };
    this.#later(() => target.do(() => this.#later(answer, this.#dataMs())), this.#openMs() + this.#dataMs());
  }

  #openMs(): number {
    return this.#lossyStreams ? openingLossMs(this.#random, this.lossPpm) : 0;
  }

  #dataMs(members = 1): number {
    return this.#lossyStreams ? dataLossMs(this.#random, this.lossPpm, segmentsOf(members)) : 0;
  }

  #reach(from: VirtualMember, to: Address): VirtualMember | undefined {
    const target = this.#byAddress.get(keyOf(to));
    if (target === undefined || !target.running) return undefined;
    if (this.#side !== undefined && this.#side(from.name) !== this.#side(target.name)) return undefined;
    return target;
  }

  #later(run: () => void, moreMs = 0): void {
    const [least, greatest] = this.#delayMs;
    this.#heap.plan(this.#nowMs + moreMs + least + this.#random.nextInt(greatest - least + 1), run);
  }
}

function ipOf(number: number): string {
  return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
}

function keyOf({ ip, port }: Address): string {
  return `${ip} ${port}`;
}
