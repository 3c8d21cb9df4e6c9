import { formatIp } from '../ip.ts';
import type { Address } from '../types.ts';
import type { Ack, IndirectPing, Ping, ProbeSource } from '../wire/messages.ts';
import { pingOf } from './asking.ts';
import type { SwimContext } from './context.ts';
import { sameBytes } from './member-table.ts';
import { sendWithNews } from './packing.ts';

/** Pings we make for others at the same time; more are not made. */
const MAX_ERRANDS = 1024;
/** Pings of the layer above that are remembered; the oldest are forgotten. */
const MAX_ASKED = 64;

interface Errand {
  readonly replyTo: Address;
  readonly replyNode: string | undefined;
  readonly theirSeqNo: number;
  readonly nack: boolean;
  readonly deadlineMs: number;
}

/** What we do for the probes of others: answer their pings, and ping whom they cannot reach. */
export class Answers {
  readonly #context: SwimContext;
  /** By our number of the ping. All wait equally long, so the order is that of their deadlines. */
  readonly #errands = new Map<number, Errand>();
  /** Numbers of pings that the layer above wanted. */
  readonly #asked = new Set<number>();

  constructor(context: SwimContext) {
    this.#context = context;
  }

  /** When {@link advance} has something to do. */
  get nextMs(): number {
    for (const { deadlineMs } of this.#errands.values()) return deadlineMs;
    return Infinity;
  }

  answerPing(ping: Ping, from: Address): void {
    const context = this.#context;
    if (ping.node !== context.identity.name) {
      context.notice('misdirectedPing', ping.node, `from ${from.ip}:${from.port}`);
      return;
    }
    // One of {@link ask} that came back to us: another address of this machine is no other holder of our name.
    if (ping.sourceNode === context.identity.name && this.#asked.has(ping.seqNo) && this.#isOurs(ping)) return;
    const payload = context.delegate.ackPayload?.() ?? null;
    const { replyTo, replyNode } = replyAddress(ping, from);
    sendWithNews(context, replyTo, replyNode, { type: 'ack', seqNo: ping.seqNo, payload });
  }

  /** Pings `node` at `to`, whoever that is; `answered` follows if it answers. Returns the number of the ping. */
  ask(node: string, to: Address): number {
    const seqNo = this.#context.nextSeqNo();
    this.#asked.add(seqNo);
    for (const oldest of this.#asked) {
      if (this.#asked.size <= MAX_ASKED) break;
      this.#asked.delete(oldest);
    }
    sendWithNews(this.#context, to, node, pingOf(this.#context, node, seqNo));
    return seqNo;
  }

  pingFor(request: IndirectPing, from: Address): void {
    const context = this.#context;
    const ip = formatIp(request.target);
    if (this.#errands.size >= MAX_ERRANDS || ip === undefined) return;
    const seqNo = context.nextSeqNo();
    this.#errands.set(seqNo, {
      ...replyAddress(request, from),
      theirSeqNo: request.seqNo,
      nack: request.nack,
      deadlineMs: context.nowMs + context.tuning.probeTimeoutMs,
    });
    const port = request.port === 0 ? context.identity.port : request.port;
    sendWithNews(context, { ip, port }, request.node, pingOf(context, request.node, seqNo));
  }

  /** Passes on the answer to a ping we made for somebody. One that is too late is dropped. */
  takeAck({ seqNo }: Ack): void {
    if (this.#asked.delete(seqNo)) this.#context.effects.push({ type: 'answered', seqNo });
    const errand = this.#errands.get(seqNo);
    if (errand === undefined) return;
    this.#errands.delete(seqNo);
    if (errand.deadlineMs < this.#context.nowMs) return;
    const { replyTo, replyNode, theirSeqNo } = errand;
    sendWithNews(this.#context, replyTo, replyNode, { type: 'ack', seqNo: theirSeqNo, payload: null });
  }

  #isOurs({ sourceAddr, sourcePort }: Ping): boolean {
    const { addr, port } = this.#context.identity;
    return sourcePort === port && sameBytes(sourceAddr ?? new Uint8Array(0), addr);
  }

  /** Tells whom we could not help that we tried. */
  advance(): void {
    for (const [seqNo, errand] of this.#errands) {
      if (errand.deadlineMs > this.#context.nowMs) return;
      this.#errands.delete(seqNo);
      const { replyTo, replyNode, theirSeqNo } = errand;
      if (errand.nack) sendWithNews(this.#context, replyTo, replyNode, { type: 'nack', seqNo: theirSeqNo });
    }
  }
}

/** Where the sender says, or where the packet came from. */
function replyAddress(source: ProbeSource, from: Address): { replyTo: Address; replyNode: string | undefined } {
  const ip = formatIp(source.sourceAddr ?? null);
  const port = source.sourcePort ?? 0;
  const replyTo = ip === undefined || port === 0 ? from : { ip, port };
  return { replyTo, replyNode: source.sourceNode === '' ? undefined : source.sourceNode };
}
