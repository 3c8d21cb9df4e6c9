import type { Ack, Nack } from '../wire/messages.ts';
import { applySuspect } from './accusation-rules.ts';
import { pingDirectly, pingOverStream, pingThroughOthers } from './asking.ts';
import type { SwimContext } from './context.ts';
import { isGone, type MemberEntry, viewOf } from './member-table.ts';

interface Probe {
  readonly target: MemberEntry;
  /** The target's, when the probe began: an accusation says no more than that. */
  readonly incarnation: number;
  readonly seqNo: number;
  readonly sentMs: number;
  readonly deadlineMs: number;
  /** Undefined while only the target itself was asked. */
  helpers: { readonly nacksExpected: number; nacks: number } | undefined;
  streamAnswered: boolean;
}

const NO_BYTES = new Uint8Array(0);

/** Asks one member after the other whether it is there; at most one at a time. */
export class Prober {
  readonly #context: SwimContext;
  #at = 0;
  #probe: Probe | undefined;

  constructor(context: SwimContext) {
    this.#context = context;
  }

  /** When {@link advance} has something to do. */
  get nextMs(): number {
    const probe = this.#probe;
    if (probe === undefined) return Infinity;
    return probe.helpers === undefined ? this.#helpAtMs(probe) : probe.deadlineMs;
  }

  /** One tick: probes the next member, unless a slow probe still runs. */
  tick(): void {
    if (this.#probe !== undefined) return;
    const target = this.#nextTarget();
    if (target !== undefined) this.#begin(target);
  }

  advance(): void {
    const probe = this.#probe;
    if (probe === undefined) return;
    if (probe.helpers === undefined && this.#helpAtMs(probe) <= this.#context.nowMs) this.#askOthers(probe);
    if (probe.helpers !== undefined && probe.deadlineMs <= this.#context.nowMs) this.#conclude(probe);
  }

  /** Whether the ack belongs to the running probe. */
  takeAck({ seqNo, payload }: Ack): boolean {
    const probe = this.#probe;
    if (probe === undefined || probe.seqNo !== seqNo) return false;
    const { awareness, nowMs } = this.#context;
    this.#probe = undefined;
    // Even after the deadline: it waited in a socket while we were busy.
    awareness.adjust(-1);
    if (probe.helpers === undefined) {
      const rttMs = nowMs - probe.sentMs;
      this.#context.effects.push({ type: 'pinged', node: viewOf(probe.target), rttMs, payload: payload ?? NO_BYTES });
    }
    return true;
  }

  takeNack({ seqNo }: Nack): void {
    const helpers = this.#probe?.seqNo === seqNo ? this.#probe.helpers : undefined;
    if (helpers !== undefined) helpers.nacks = Math.min(helpers.nacks + 1, helpers.nacksExpected);
  }

  takeStreamAnswer(seqNo: number): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.streamAnswered = true;
  }

  /** Forgets the running probe: we were not there to hear its answer. */
  abandon(): void {
    this.#probe = undefined;
  }

  /** The next one of the order that is worth a probe; at its end a new order is drawn. */
  #nextTarget(): MemberEntry | undefined {
    const { table, tuning, identity, nowMs } = this.#context;
    for (let checked = 0; checked <= table.size; checked++) {
      if (this.#at >= table.size) {
        table.reset(nowMs, tuning.gossipToTheDeadMs, identity.name);
        this.#at = 0;
      }
      const entry = table.at(this.#at++);
      if (entry !== undefined && entry.name !== identity.name && !isGone(entry)) return entry;
    }
    return undefined;
  }

  #begin(target: MemberEntry): void {
    const context = this.#context;
    const { awareness, nowMs, tuning } = context;
    const seqNo = context.nextSeqNo();
    const { incarnation } = target;
    const deadlineMs = nowMs + awareness.scaleMs(tuning.probeIntervalMs);
    this.#probe = { target, incarnation, seqNo, sentMs: nowMs, deadlineMs, helpers: undefined, streamAnswered: false };
    pingDirectly(context, target, seqNo);
  }

  #helpAtMs(probe: Probe): number {
    return Math.min(probe.deadlineMs, probe.sentMs + this.#context.tuning.probeTimeoutMs);
  }

  #askOthers(probe: Probe): void {
    const context = this.#context;
    const { target, seqNo, deadlineMs } = probe;
    probe.helpers = { nacksExpected: pingThroughOthers(context, target, seqNo, true), nacks: 0 };
    pingOverStream(context, target, seqNo, deadlineMs);
  }

  #conclude(probe: Probe): void {
    const context = this.#context;
    const { nacksExpected, nacks } = probe.helpers!;
    const { name } = probe.target;
    this.#probe = undefined;
    if (probe.streamAnswered) {
      context.awareness.adjust(-1);
      context.notice('packetsBlocked', name, 'answers over streams, not over packets');
      return;
    }
    // Helpers that are silent too speak against us, not against the target.
    context.awareness.adjust(nacksExpected > 0 ? nacksExpected - nacks : 1);
    const { incarnation } = probe;
    applySuspect(context, { type: 'suspect', node: name, incarnation, from: context.identity.name });
  }
}
