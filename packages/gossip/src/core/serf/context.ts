import type { Random } from '@dkron/runtime';
import type { Keyring } from '../keyring.ts';
import type { SwimModules } from '../swim/context.ts';
import { type Address, encodeVersions, type Member, OUR_VERSIONS, type ProtocolVersions } from '../types.ts';
import { formatIp } from '../ip.ts';
import { encodeMessage } from '../wire/packet-message.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';
import type { SerfMessage } from '../wire/serf-messages.ts';
import type { MemberChange, SerfEffect, SerfNotice } from './effects.ts';
import { LamportClock } from './lamport-clock.ts';
import { MemberList, type MemberState, memberOf } from './member-list.ts';
import { resolveSerfTuning, type SerfOptions, type SerfTuning } from './options.ts';
import { OutgoingQueues } from './outgoing-queues.ts';
import { RecentIntents } from './recent-intents.ts';

const MAX_VERSION = 255;

/** A key command of another member, for {@link SerfModules.allowsKeyCommand}. */
export interface KeyCommandInfo {
  readonly command: 'install' | 'use' | 'remove' | 'list';
  /** Who asks, as it says itself. */
  readonly source: string;
}

/** What the Serf layer is given. */
export interface SerfModules extends Pick<SwimModules, 'encode' | 'overheadBytes'> {
  readonly random: Random;
  /** Keys of the pool; an empty ring, or none: encryption is off. */
  readonly keyring?: Keyring;
  /** Whether to take these members into the pool. Asked for each that says it is alive, and for all at a join. */
  readonly accepts?: (members: readonly Member[]) => boolean;
  /** Whether to carry out a key command of another member. Default: yes, as the original. */
  readonly allowsKeyCommand?: (info: KeyCommandInfo) => boolean;
  /** For how long a failed member is tried again; `undefined`: as the options say. */
  readonly reconnectTimeoutMs?: (member: Member) => number | undefined;
}

/** What the parts of the Serf layer share. */
export class SerfContext {
  readonly options: SerfOptions;
  readonly tuning: SerfTuning;
  readonly modules: SerfModules;
  readonly name: string;
  readonly address: Address;
  readonly vsn: Uint8Array;
  readonly memberClock = new LamportClock();
  readonly eventClock = new LamportClock();
  readonly queryClock = new LamportClock();
  readonly members = new MemberList();
  readonly intents = new RecentIntents();
  readonly queues: OutgoingQueues;
  /** Set on entry of each call. */
  nowMs = 0;
  state: 'alive' | 'leaving' | 'left' = 'alive';
  effects: SerfEffect[] = [];
  /** Called with each change of membership, before its effect is taken. */
  onMemberChange: (change: MemberChange, member: Member) => void = () => {};

  constructor(options: SerfOptions, modules: SerfModules) {
    const ip = formatIp(options.addr);
    if (ip === undefined) throw new TypeError(`addr: ${options.addr.length} bytes, allowed are 4 and 16`);
    this.options = options;
    this.tuning = resolveSerfTuning(options.serf);
    this.modules = modules;
    this.name = options.name;
    this.address = { ip, port: options.port };
    this.vsn = vsnOf(options.versions ?? OUR_VERSIONS);
    this.queues = new OutgoingQueues(this.tuning.queueDepthMax);
  }

  get random(): Random {
    return this.modules.random;
  }

  /** Whether `address` is ours. */
  isUs({ ip, port }: Address): boolean {
    return port === this.address.port && ip === this.address.ip;
  }

  hasAliveOthers(): boolean {
    for (const { name, status } of this.members.all()) if (status === 'alive' && name !== this.name) return true;
    return false;
  }

  /** Up to `count` others that are alive and `isFit`, by chance. */
  pickAlive(count: number, isFit: (member: MemberState) => boolean = () => true): MemberState[] {
    const { random } = this;
    const candidates: MemberState[] = [];
    for (const member of this.members.all()) {
      if (member.status === 'alive' && member.name !== this.name && isFit(member)) candidates.push(member);
    }
    const picked = Math.min(count, candidates.length);
    for (let i = 0; i < picked; i++) {
      const at = i + random.nextInt(candidates.length - i);
      [candidates[i], candidates[at]] = [candidates[at]!, candidates[i]!];
    }
    return candidates.slice(0, picked);
  }

  encode(message: SerfMessage): Uint8Array {
    return encodeSerfMessage(message);
  }

  /** A Serf message to one member alone, in a packet of its own. */
  sendDirect(to: Address, node: string | undefined, body: Uint8Array): void {
    const message = { type: 'user', body } as const;
    const encoded = this.modules.encode?.(message) ?? { message, bytes: encodeMessage(message) };
    this.effects.push({ type: 'packet', to, node, messages: [encoded], checksum: false });
  }

  emit(effect: SerfEffect): void {
    this.effects.push(effect);
  }

  changed(change: MemberChange, state: MemberState): void {
    const member = memberOf(state);
    this.effects.push({ type: 'memberChange', change, member });
    this.onMemberChange(change, member);
  }

  notice(what: SerfNotice['what'], subject: string, detail: string): void {
    this.effects.push({ type: 'serfNotice', what, subject, detail });
  }
}

/** Throws TypeError for versions that peers would not take: what we speak must be among what we understand. */
function vsnOf(versions: ProtocolVersions): Uint8Array {
  const { protocolMin, protocolMax, protocolCurrent, delegateMin, delegateMax, delegateCurrent } = versions;
  for (const [what, least, current, greatest] of [
    ['protocol', protocolMin, protocolCurrent, protocolMax],
    ['delegate', delegateMin, delegateCurrent, delegateMax],
  ] as const) {
    if (!(least >= 1 && least <= current && current <= greatest && greatest <= MAX_VERSION)) {
      throw new TypeError(
        `versions: ${what} ${current} of ${least} to ${greatest}, allowed is one within 1 to ${MAX_VERSION}`,
      );
    }
  }
  return encodeVersions(versions);
}
