import { seededRandom } from '@dkron/runtime/testing';
import { assert } from '@dkron/runtime';
import type { SerfModules } from '../core/serf/context.ts';
import type { SerfEffect } from '../core/serf/effects.ts';
import type { SerfOptions } from '../core/serf/options.ts';
import { Serf } from '../core/serf/serf.ts';
import { resolveTuning } from '../core/swim/options.ts';
import type { Address } from '../core/types.ts';
import type { PacketMessage, PushNodeState } from '../core/wire/messages.ts';
import { decodeSerfMessage, encodeSerfMessage } from '../core/wire/serf-codec.ts';
import type { SerfMessage, SerfPushPull } from '../core/wire/serf-messages.ts';
import { aliveOf } from './lone-swim.ts';

const PORT = 7946;
const NEVER_MS = 4_000_000_000;
const ELSEWHERE: Address = { ip: '10.0.0.99', port: PORT };

/** A Serf message on its way to one member alone. */
export interface DirectMessage {
  readonly to: Address;
  readonly message: SerfMessage;
}

/** One Serf state machine named `me` at 10.0.0.1 without a network: a test says what it hears and looks at what it does. */
export class LoneSerf {
  readonly serf: Serf;
  nowMs = 0;
  /** All effects so far that no test has taken. */
  effects: SerfEffect[] = [];

  constructor(options: Partial<SerfOptions> = {}, modules: Partial<SerfModules> = {}) {
    // Nobody answers here: neither probes nor exchanges of tables.
    const swim = resolveTuning('lan', { pushPullIntervalMs: 0, probeIntervalMs: NEVER_MS, ...options.swim });
    const identity = { name: 'me', addr: Uint8Array.of(10, 0, 0, 1), port: PORT };
    this.serf = new Serf({ ...identity, ...options, swim }, { random: seededRandom(1), ...modules });
    this.do((serf) => serf.start(0));
  }

  do<T>(action: (serf: Serf, nowMs: number) => T): T {
    const result = action(this.serf, this.nowMs);
    this.effects.push(...this.serf.takeEffects());
    return result;
  }

  hearPacket(...messages: PacketMessage[]): void {
    this.do((serf) => serf.receive(messages, ELSEWHERE, this.nowMs));
  }

  /** Serf messages in a packet. */
  hear(...messages: SerfMessage[]): void {
    this.hearPacket(...messages.map((message) => ({ type: 'user', body: encodeSerfMessage(message) }) as const));
  }

  /** Members at 10.0.0.2, .3 and so on come to life. */
  meet(...names: string[]): void {
    this.hearPacket(...names.map((name, i) => aliveOf(name, i + 2)));
  }

  /** A peer's state comes in. */
  merge(state: Partial<SerfPushPull>, nodes: readonly PushNodeState[] = [], join = false, exchange = 0): void {
    const userState = encodeSerfMessage({
      type: 'pushPull',
      eventLamportTime: 0,
      events: null,
      lamportTime: 0,
      leftMembers: null,
      queryLamportTime: 0,
      statusLamportTimes: new Map(),
      ...state,
    });
    this.do((serf) => serf.mergeState({ type: 'pushPull', join, nodes, userState }, this.nowMs, exchange));
  }

  /** Runs all timers up to `ms` from now. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.serf.nextDeadlineMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.serf.nextDeadlineMs);
      this.do((serf) => serf.advance(this.nowMs));
    }
    this.nowMs = endMs;
  }

  take(): SerfEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** Takes all effects and returns those of one type. */
  takeOnly<T extends SerfEffect['type']>(type: T): Extract<SerfEffect, { readonly type: T }>[] {
    return this.take().filter((effect) => effect.type === type) as Extract<SerfEffect, { readonly type: T }>[];
  }

  /** `change name` of the changes that no test has taken; takes all. */
  takeChanges(): string[] {
    return this.takeOnly('memberChange').map(({ change, member }) => `${change} ${member.name}`);
  }

  /** Our half of an exchange, of the Serf layer. */
  state(): SerfPushPull {
    const message = decodeSerfMessage(this.serf.localState(false).userState);
    assert(message.type === 'pushPull', `a ${message.type} message`);
    return message;
  }

  /** Takes all effects and returns the Serf messages sent to one member alone. */
  takeDirect(): DirectMessage[] {
    return this.takeOnly('packet').flatMap(({ to, messages }) => {
      const [first] = messages;
      const isDirect = messages.length === 1 && first?.message.type === 'user';
      return isDirect ? [{ to, message: decodeSerfMessage(first.message.body) }] : [];
    });
  }

  /** Runs for some seconds and returns the different Serf messages that went out, in the order of their first time. */
  takeSpread(forMs = 3000): SerfMessage[] {
    this.run(forMs);
    const seen = new Map<string, SerfMessage>();
    for (const { messages } of this.takeOnly('packet')) {
      for (const { message } of messages) {
        if (message.type === 'user') seen.set(message.body.join(), decodeSerfMessage(message.body));
      }
    }
    return [...seen.values()];
  }
}
