import type { Ack } from '../wire/messages.ts';
import { applyDead } from './accusation-rules.ts';
import { pingDirectly, pingOverStream, pingThroughOthers } from './asking.ts';
import type { SwimContext } from './context.ts';
import { type MemberEntry, viewOf } from './member-table.ts';
import type { Suspicion } from './suspicion.ts';

/** Suspects asked at the same time; those beyond that die without being asked. */
const MAX_RUNNING = 32;

const NO_BYTES = new Uint8Array(0);

interface LastProbe {
  readonly name: string;
  /** What it may end: when the member's is another one by then, or none, the probe is void. */
  readonly suspicion: Suspicion;
  readonly sentMs: number;
  /** When others are asked, then when the member is dead. */
  nextMs: number;
  othersAsked: boolean;
}

/**
 * Asks a suspect once more, in all ways there are, in the last probe interval of its time. In a pool that loses many packets
 * its refutation may be late only because it waits behind other news.
 */
export class LastProbes {
  readonly #context: SwimContext;
  /** By number of the ping. */
  readonly #running = new Map<number, LastProbe>();

  constructor(context: SwimContext) {
    this.#context = context;
  }

  /** When {@link advance} has something to do. */
  get nextMs(): number {
    let leastMs = Infinity;
    for (const { nextMs } of this.#running.values()) leastMs = Math.min(leastMs, nextMs);
    return leastMs;
  }

  /** Asks `suspect`, whose suspicion is held until the answer. False: too many are being asked. */
  begin(suspect: MemberEntry): boolean {
    const context = this.#context;
    const { nowMs, tuning } = context;
    if (this.#running.size >= MAX_RUNNING) return false;
    const { name, suspicion } = suspect;
    const seqNo = context.nextSeqNo();
    suspicion!.hold();
    const nextMs = nowMs + tuning.probeTimeoutMs;
    this.#running.set(seqNo, { name, suspicion: suspicion!, sentMs: nowMs, nextMs, othersAsked: false });
    pingDirectly(context, suspect, seqNo);
    return true;
  }

  advance(): void {
    const { nowMs, identity } = this.#context;
    for (const [seqNo, probe] of this.#running) {
      if (probe.nextMs > nowMs) continue;
      const suspect = this.#suspectOf(probe);
      if (suspect !== undefined && !probe.othersAsked) {
        this.#askOthers(seqNo, probe, suspect);
        continue;
      }
      this.#running.delete(seqNo);
      if (suspect === undefined) continue;
      const { name: node, incarnation } = suspect;
      applyDead(this.#context, { type: 'dead', node, incarnation, from: identity.name });
    }
  }

  /** Whether the ack, of the suspect or of one that asked it for us, belongs to a last probe. */
  takeAck({ seqNo, payload }: Ack): boolean {
    const probe = this.#running.get(seqNo);
    if (probe === undefined) return false;
    const entry = this.#context.table.get(probe.name);
    if (entry !== undefined && !probe.othersAsked) {
      const rttMs = this.#context.nowMs - probe.sentMs;
      this.#context.effects.push({ type: 'pinged', node: viewOf(entry), rttMs, payload: payload ?? NO_BYTES });
    }
    this.#spare(seqNo, probe);
    return true;
  }

  takeStreamAnswer(seqNo: number): void {
    const probe = this.#running.get(seqNo);
    if (probe !== undefined) this.#spare(seqNo, probe);
  }

  /** Takes out a time in which we could not have heard an answer. */
  postpone(ms: number): void {
    for (const probe of this.#running.values()) probe.nextMs += ms;
  }

  /** The time from now on counts, not from a moment in the past: if we are late, the others have theirs nevertheless. */
  #askOthers(seqNo: number, probe: LastProbe, suspect: MemberEntry): void {
    const { nowMs, tuning } = this.#context;
    probe.othersAsked = true;
    probe.nextMs = nowMs + tuning.probeIntervalMs - tuning.probeTimeoutMs;
    pingThroughOthers(this.#context, suspect, seqNo, false);
    pingOverStream(this.#context, suspect, seqNo, probe.nextMs);
  }

  /**
   * It was there after all. It stays suspect, since only a refutation ends that, but its time starts again: should it die
   * now, it is found as soon as anybody else who falls silent.
   */
  #spare(seqNo: number, probe: LastProbe): void {
    this.#running.delete(seqNo);
    if (this.#suspectOf(probe) === undefined) return;
    const context = this.#context;
    probe.suspicion.restart(context.nowMs);
    context.burialMs = Math.min(context.burialMs, probe.suspicion.dueMs);
  }

  /** `undefined` if the suspicion ended meanwhile, or gave way to one of a later life. */
  #suspectOf({ name, suspicion }: LastProbe): MemberEntry | undefined {
    const entry = this.#context.table.get(name);
    return entry?.suspicion === suspicion ? entry : undefined;
  }
}
