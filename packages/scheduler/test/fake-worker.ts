import type {
  Dispatch,
  EndReason,
  ExecutionId,
  HelloItem,
  SessionChannel,
  SessionReceiver,
  ToServer,
  ToWorker,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Clock } from '@dkron/runtime';
import type { Engine } from '../src/engine.ts';

type Welcome = Extract<ToWorker, { type: 'welcome' }>;

/** A worker under the control of a test: it does nothing by itself but acknowledge. */
export class FakeWorker implements SessionChannel<ToWorker> {
  readonly node: string;
  readonly received: ToWorker[] = [];
  journal = 'a'.repeat(32);
  slots = 1_000_000;
  clusterId = 'c'.repeat(32);
  acks = true;
  closedWith: string | undefined;
  #receiver: SessionReceiver<ToServer> | undefined;
  #seq = 0;
  readonly #clock: Clock;

  constructor(node: string, clock: Clock) {
    this.node = node;
    this.#clock = clock;
  }

  connect(engine: Engine, items: readonly HelloItem[] = [], maxTerm = 0n): void {
    this.closedWith = undefined;
    this.#seq = 0;
    this.#receiver = engine.accept(this);
    const hello = {
      type: 'hello',
      node: this.node,
      region: 'global',
      boot: 'b'.repeat(32),
      journal: this.journal,
      clusterId: this.clusterId,
      relay: false,
    } as const;
    this.tell({ ...hello, maxTerm, executors: ['shell'], slots: this.slots, items });
  }

  send(messages: readonly ToWorker[]): void {
    this.received.push(...messages);
    if (!this.acks) return;
    const seqs = messages.flatMap((message) =>
      message.type === 'dispatch' || message.type === 'cancel' ? [message.seq] : [],
    );
    if (seqs.length > 0) this.tell({ type: 'ack', seq: Math.max(...seqs) });
  }

  close(reason: string): void {
    this.closedWith = reason;
  }

  disconnect(): void {
    this.#receiver?.closed('gone');
  }

  tell(...messages: ToServer[]): void {
    this.#receiver?.receive(messages);
  }

  started({ id, attempt }: Pick<Dispatch, 'id' | 'attempt'>): void {
    this.tell({ type: 'started', seq: ++this.#seq, id, attempt, at: this.#clock.wallNanos() });
  }

  output({ id, attempt }: Pick<Dispatch, 'id' | 'attempt'>, text: string): void {
    this.tell({
      type: 'output',
      seq: ++this.#seq,
      id,
      attempt,
      offset: 0,
      bytes: new TextEncoder().encode(text),
      stderr: false,
    });
  }

  finished(
    { id, attempt }: Pick<Dispatch, 'id' | 'attempt'>,
    success = true,
    extra: { cancelled?: boolean; reason?: EndReason } = {},
  ): void {
    const now = this.#clock.wallNanos();
    const bytes = new TextEncoder().encode('done\n');
    const report = {
      success,
      cancelled: extra.cancelled ?? false,
      reason: success ? null : (extra.reason ?? (extra.cancelled === true ? 'cancelled' : 'exit')),
      exitCode: success ? 0 : 1,
      startedAt: now,
      finishedAt: now,
      output: { head: bytes, tail: bytes, totalBytes: bytes.length },
    };
    this.tell({ type: 'finished', seq: ++this.#seq, id, attempt, jobName: '', report });
  }

  get dispatches(): readonly Dispatch[] {
    return this.received.flatMap((message) => (message.type === 'dispatch' ? [message.dispatch] : []));
  }

  get cancels(): readonly ExecutionId[] {
    return this.received.flatMap((message) => (message.type === 'cancel' ? [message.id] : []));
  }

  get welcome(): Welcome | undefined {
    return this.received.findLast((message): message is Welcome => message.type === 'welcome');
  }

  get ackedUpTo(): number {
    return this.received.reduce((seq, message) => (message.type === 'ack' ? message.seq : seq), 0);
  }

  item(id: ExecutionId, state: HelloItem['state'], attempt = 1): HelloItem {
    return { id, attempt, state, startedAt: state === 'accepted' ? ZERO_TIME : this.#clock.wallNanos() };
  }
}
