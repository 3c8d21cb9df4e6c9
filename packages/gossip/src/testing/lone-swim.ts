import { assert } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import type { SwimModules } from '../core/swim/context.ts';
import type { NodeView, SendPacket, SwimEffect } from '../core/swim/effects.ts';
import { resolveTuning, type SwimTuning } from '../core/swim/options.ts';
import { Swim } from '../core/swim/swim.ts';
import { type Address, encodeVersions, OUR_VERSIONS } from '../core/types.ts';
import type { Alive, PacketMessage } from '../core/wire/messages.ts';

const PORT = 7946;

/** Six bytes as Dkron publishes them. */
export const VSN: Uint8Array = encodeVersions(OUR_VERSIONS);

/** An alive message of `node` at 10.0.0.`host`. */
export function aliveOf(node: string, host: number, incarnation = 1, more: Partial<Alive> = {}): Alive {
  const addr = Uint8Array.of(10, 0, 0, host);
  return { type: 'alive', node, addr, port: PORT, incarnation, meta: null, vsn: VSN, ...more };
}

/** One state machine named `me` at 10.0.0.1 without a network: a test says what it hears and looks at what it does. */
export class LoneSwim {
  readonly swim: Swim;
  nowMs = 0;
  /** All effects so far that no test has taken. */
  effects: SwimEffect[] = [];

  constructor(tuning: Partial<SwimTuning> = {}, modules: Partial<SwimModules> = {}) {
    const identity = { name: 'me', addr: Uint8Array.of(10, 0, 0, 1), port: PORT, meta: new Uint8Array(0), vsn: VSN };
    this.swim = new Swim(identity, resolveTuning('lan', tuning), { random: seededRandom(1), ...modules });
    this.do((swim) => swim.start(0));
  }

  do(action: (swim: Swim) => void): void {
    action(this.swim);
    this.effects.push(...this.swim.takeEffects());
  }

  hear(...messages: PacketMessage[]): void {
    this.hearFrom({ ip: '10.0.0.99', port: PORT }, ...messages);
  }

  hearFrom(from: Address, ...messages: PacketMessage[]): void {
    this.do((swim) => swim.receive(messages, from, this.nowMs));
  }

  /** Runs all timers up to `ms` from now. */
  run(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.swim.nextDeadlineMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.swim.nextDeadlineMs);
      this.do((swim) => swim.advance(this.nowMs));
    }
    this.nowMs = endMs;
  }

  /** Runs until an effect of that type comes, at most 20 s; takes it and all before. */
  runTo<T extends SwimEffect['type']>(type: T): SwimEffect & { readonly type: T } {
    const endMs = this.nowMs + 20_000;
    for (;;) {
      const at = this.effects.findIndex((effect) => effect.type === type);
      if (at >= 0) return this.effects.splice(0, at + 1).at(-1) as SwimEffect & { readonly type: T };
      assert(this.swim.nextDeadlineMs <= endMs, `no ${type} within 20 s`);
      this.nowMs = Math.max(this.nowMs, this.swim.nextDeadlineMs);
      this.do((swim) => swim.advance(this.nowMs));
    }
  }

  /** Runs until a packet is sent that begins with such a message; takes it and all before. */
  runToSent(type: PacketMessage['type']): SendPacket {
    for (;;) {
      const packet = this.runTo('packet');
      if (packet.messages[0]!.message.type === type) return packet;
    }
  }

  take(): SwimEffect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** Types of membership events and notices that no test has taken, and takes all. */
  takeEvents(): string[] {
    return this.take().flatMap((effect) => {
      if (effect.type === 'packet' || effect.type === 'streamPing' || effect.type === 'pushPull') return [];
      return [effect.type];
    });
  }

  member(name: string): NodeView | undefined {
    return this.swim.member(name);
  }
}
