import { assert, type Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { parseIp } from '../core/ip.ts';
import { Keyring } from '../core/keyring.ts';
import type { SerfModules } from '../core/serf/context.ts';
import type { SerfTuning, SnapshotOptions } from '../core/serf/options.ts';
import { Serf } from '../core/serf/serf.ts';
import type { SerfPushPullEffect } from '../core/serf/effects.ts';
import type { SendPacket, StreamPing } from '../core/swim/effects.ts';
import { resolveTuning, type SwimProfile, type SwimTuning } from '../core/swim/options.ts';
import type { Address, MemberStatus, Tags } from '../core/types.ts';
import { decodeStreamMessage, encodeStreamMessage } from '../core/wire/stream-message.ts';
import { decodeMessage } from '../core/wire/packet-message.ts';
import type { PushPull } from '../core/wire/messages.ts';
import { EventHeap } from './event-heap.ts';
import { VirtualSerf } from './virtual-serf.ts';

/** Options of a simulated pool with the Serf layer. */
export interface SerfNetworkOptions {
  /** The same seed gives the same run. */
  readonly seed: number;
  readonly profile?: SwimProfile;
  readonly tuning?: Partial<SwimTuning>;
  /** For all members. */
  readonly serf?: Partial<SerfTuning>;
  /** Each packet and stream step takes something within this. Default: 1 to 10. */
  readonly delayMs?: readonly [least: number, greatest: number];
  /** Whether messages of one packet come each by itself, late by its own time, and may be lost alone. Default: no. */
  readonly scatter?: boolean;
}

/** What is special about one member. */
export interface VirtualSerfOptions {
  readonly ip?: string;
  readonly tags?: Tags;
  readonly serf?: Partial<SerfTuning>;
  readonly keys?: readonly Uint8Array[];
  readonly snapshot?: Omit<SnapshotOptions, 'previous'>;
  readonly modules?: Partial<SerfModules>;
}

const PORT = 7946;
const PPM = 1_000_000;
/** Whether a pool has formed costs more to ask than to wait. */
const FORMING_STEP_MS = 200;
const FORMING_TRIES = 150;

/**
 * Members of a Serf pool on a virtual clock and network, all messages as bytes. Packets are sealed as far as that matters:
 * who has not the sender's primary key does not hear it.
 */
export class SerfNetwork {
  readonly members = new Map<string, VirtualSerf>();
  /** Packets lost, of a million. Streams come through. */
  lossPpm = 0;
  /** Datagrams given to the network. */
  packetsSent = 0;
  /** Of a million, how many packets come twice. */
  duplicatePpm = 0;
  readonly #options: SerfNetworkOptions;
  readonly #tuning: SwimTuning;
  readonly #byAddress = new Map<string, VirtualSerf>();
  readonly #made = new Map<VirtualSerf, VirtualSerfOptions>();
  readonly #heap = new EventHeap();
  readonly #random: Random;
  #nowMs = 0;
  #side: ((member: VirtualSerf) => unknown) | undefined;

  constructor(options: SerfNetworkOptions) {
    this.#options = options;
    this.#tuning = resolveTuning(options.profile, options.tuning);
    this.#random = seededRandom(options.seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** A new member that knows only itself; of one name there may be several, of which `members` has the last. */
  add(name: string, options: VirtualSerfOptions = {}): VirtualSerf {
    const count = this.#byAddress.size;
    const address: Address = { ip: options.ip ?? `10.0.${count >> 8}.${count & 255}`, port: PORT };
    const keyring = new Keyring(options.keys);
    const member = new VirtualSerf(name, address, keyring, this.#newSerf(name, address, keyring, options, ''), {
      now: () => this.#nowMs,
      plan: (atMs, run) => this.#heap.plan(atMs, run),
      perform: (from, effect) => {
        if (effect.type === 'packet') this.#sendPacket(from, effect);
        else if (effect.type === 'pushPull') this.#pushPull(from, effect);
        else this.#streamPing(from, effect);
      },
    });
    this.members.set(name, member);
    this.#byAddress.set(keyOf(address), member);
    this.#made.set(member, options);
    member.do((serf, nowMs) => serf.start(nowMs));
    return member;
  }

  /** `count` members that join the first one, and are given time to know each other. */
  populate(count: number, options: VirtualSerfOptions = {}): VirtualSerf[] {
    const all = Array.from({ length: count }, (_, i) => {
      const member = this.add(`n${i}`, options);
      if (i > 0) this.join(member, this.member('n0'));
      return member;
    });
    const agree = (): boolean => all.every(({ name }) => this.statuses(name).every((status) => status === 'alive'));
    for (let tries = FORMING_TRIES; !agree(); tries--) {
      assert(tries > 0, 'the pool did not form');
      this.run(FORMING_STEP_MS);
    }
    this.run(5000);
    return all;
  }

  member(name: string): VirtualSerf {
    const member = this.members.get(name);
    assert(member !== undefined, `no member ${name}`);
    return member;
  }

  join(member: VirtualSerf, contact: VirtualSerf, ignoreOld = false): void {
    member.do((serf, nowMs) => serf.join([contact.address], nowMs, { ignoreOld }));
  }

  /** Starts a member again, with what its snapshot holds. `changes`: what is different now. */
  restart(member: VirtualSerf, changes: Partial<VirtualSerfOptions> = {}): void {
    const options = { ...this.#made.get(member), ...changes };
    member.restart(this.#newSerf(member.name, member.address, member.keyring, options, member.snapshot));
  }

  /** Cuts the network: who has the same value of `side` hears each other. */
  partition(side: (member: VirtualSerf) => unknown): void {
    this.#side = side;
  }

  heal(): void {
    this.#side = undefined;
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
  statuses(name: string): (MemberStatus | undefined)[] {
    return this.running().map(({ serf }) => serf.member(name)?.status);
  }

  running(): VirtualSerf[] {
    return [...this.#byAddress.values()].filter(({ running }) => running);
  }

  #newSerf(name: string, { ip, port }: Address, keyring: Keyring, options: VirtualSerfOptions, previous: string): Serf {
    const random = this.#random.fork(`${name} ${ip} ${this.#nowMs}`);
    const { tags = {}, snapshot } = options;
    return new Serf(
      {
        name,
        addr: parseIp(ip)!,
        port,
        tags,
        swim: this.#tuning,
        serf: { ...this.#options.serf, ...options.serf },
        ...(snapshot && { snapshot: { ...snapshot, previous } }),
      },
      { random, keyring, ...options.modules },
    );
  }

  #sendPacket(from: VirtualSerf, { to, messages }: SendPacket): void {
    this.packetsSent++;
    const sizeBytes = messages.reduce((sum, { bytes }) => sum + bytes.length + 2, messages.length > 1 ? 2 : -2);
    assert(sizeBytes <= this.#tuning.udpBufferBytes, `datagram of ${sizeBytes} bytes`);
    const parts = this.#options.scatter === true ? messages.map((message) => [message]) : [messages];
    for (const part of parts) this.#carry(from, to, part);
  }

  #carry(from: VirtualSerf, to: Address, messages: SendPacket['messages']): void {
    const target = this.#reach(from, to);
    if (target === undefined || this.#random.nextInt(PPM) < this.lossPpm) return;
    const key = from.keyring.primary;
    const copies = this.#random.nextInt(PPM) < this.duplicatePpm ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.#later(() => {
        if (!opens(target.keyring, key)) return;
        const received = messages.map(({ bytes }) => decodeMessage(bytes));
        target.do((serf, nowMs) => serf.receive(received, from.address, nowMs));
      });
    }
  }

  #pushPull(from: VirtualSerf, { to, join, exchange }: SerfPushPullEffect): void {
    const fail = (reason: string): void => {
      this.#later(() => from.do((serf, nowMs) => serf.exchangeEnded(exchange, nowMs, reason)));
    };
    const target = this.#reach(from, to);
    if (target === undefined) return fail('unreachable');
    if (!opens(target.keyring, from.keyring.primary) || !opens(from.keyring, target.keyring.primary)) {
      return fail('wrong key');
    }
    const ours = asBytes(from.serf.localState(join));
    this.#later(() => {
      if (!target.running) return fail('closed');
      const theirs = asBytes(target.serf.localState(join));
      target.do((serf, nowMs) => serf.mergeState(readBytes(ours), nowMs));
      this.#later(() => {
        from.do((serf, nowMs) => {
          const refusal = serf.mergeState(readBytes(theirs), nowMs, exchange);
          serf.exchangeEnded(exchange, nowMs, refusal);
        });
      });
    });
  }

  #streamPing(from: VirtualSerf, { to, seqNo, deadlineMs }: StreamPing): void {
    const target = this.#reach(from, to);
    if (target === undefined) return;
    this.#later(() => {
      if (!target.running) return;
      this.#later(() => {
        from.do((serf, nowMs) => {
          if (nowMs <= deadlineMs) serf.streamPingAnswered(seqNo, nowMs);
        });
      });
    });
  }

  #reach(from: VirtualSerf, to: Address): VirtualSerf | undefined {
    const target = this.#byAddress.get(keyOf(to));
    if (target === undefined || !target.running) return undefined;
    if (this.#side !== undefined && this.#side(from) !== this.#side(target)) return undefined;
    return target;
  }

  #later(run: () => void): void {
    const [least, greatest] = this.#options.delayMs ?? [1, 10];
    this.#heap.plan(this.#nowMs + least + this.#random.nextInt(greatest - least + 1), run);
  }
}

function keyOf({ ip, port }: Address): string {
  return `${ip} ${port}`;
}

function opens(keyring: Keyring, key: Uint8Array | undefined): boolean {
  if (key === undefined) return keyring.primary === undefined;
  return keyring.keys.some((own) => own.length === key.length && own.every((byte, i) => byte === key[i]));
}

function asBytes(state: PushPull): Uint8Array {
  return encodeStreamMessage(state);
}

function readBytes(bytes: Uint8Array): PushPull {
  const message = decodeStreamMessage(bytes);
  assert(message.type === 'pushPull', `a ${message.type} message`);
  return message;
}
