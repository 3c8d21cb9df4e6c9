import type { SessionChannel, ToServer } from '@dkron/jobs';

/** Updates sent and not acknowledged. */
const WINDOW = 256;
/** Output waiting for room is left out above this. */
const OUTPUT_WINDOW = 128;
const INITIAL_CREDIT_BYTES = 1 << 20;

type Numbered = Extract<ToServer, { readonly type: 'started' | 'output' | 'finished' }>;
type WithoutSeq<M> = M extends unknown ? Omit<M, 'seq'> : never;
type Update = WithoutSeq<Numbered>;

/** Numbers what goes to the leader in one session, within its window and credit. */
export class Outbox {
  readonly #channel: SessionChannel<ToServer>;
  readonly #waiting: { readonly update: Update; readonly acked: (() => void) | undefined }[] = [];
  readonly #unacked = new Map<number, () => void>();
  #sent = 0;
  #acked = 0;
  #creditBytes = INITIAL_CREDIT_BYTES;

  constructor(channel: SessionChannel<ToServer>) {
    this.#channel = channel;
  }

  /** `acked` is called when the leader has committed it. */
  send(update: Update, acked?: () => void): void {
    this.#waiting.push({ update, acked });
    this.#flush();
  }

  /** Left out when window or credit have no room. */
  sendOutput(update: Extract<Update, { readonly type: 'output' }>): void {
    const open = this.#waiting.length + this.#sent - this.#acked;
    if (open >= OUTPUT_WINDOW || update.bytes.length > this.#creditBytes) return;
    this.#creditBytes -= update.bytes.length;
    this.send(update);
  }

  acked(seq: number): void {
    while (this.#acked < Math.min(seq, this.#sent)) {
      this.#unacked.get(++this.#acked)?.();
      this.#unacked.delete(this.#acked);
    }
    this.#flush();
  }

  addCredit(bytes: number): void {
    this.#creditBytes += bytes;
  }

  #flush(): void {
    const messages: ToServer[] = [];
    while (this.#waiting.length > 0 && this.#sent - this.#acked < WINDOW) {
      const { update, acked } = this.#waiting.shift()!;
      messages.push({ ...update, seq: ++this.#sent });
      if (acked !== undefined) this.#unacked.set(this.#sent, acked);
    }
    if (messages.length > 0) this.#channel.send(messages);
  }
}
