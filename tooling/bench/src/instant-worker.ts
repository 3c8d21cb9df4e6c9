import type { Dispatch, SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Clock } from '@dkron/runtime';

const UNACKED_MAX = 256;
const EMPTY = { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 };

/** A worker that notes when each dispatch arrives and reports success at once: what is left is the leader's own work. */
export class InstantWorker {
  /** By tick, in their order: milliseconds from it to the arrival of each of its dispatches. */
  readonly lagsMs: Map<bigint, number[]> = new Map();
  readonly #clock: Clock;
  readonly #node: string;
  #channel: SessionChannel<ToServer> | undefined;
  #seq = 0;
  #sent = 0;
  #acked = 0;
  readonly #waiting: ToServer[] = [];

  constructor(node: string, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker> {
    this.#channel = channel;
    const ids = { boot: '0'.repeat(32), journal: '1'.repeat(32), clusterId: '', maxTerm: 0n };
    channel.send([
      {
        type: 'hello',
        node: this.#node,
        region: 'global',
        ...ids,
        executors: ['shell'],
        slots: 100_000,
        items: [],
        relay: false,
      },
    ]);
    return { receive: (messages) => this.#receive(messages), closed: () => {} };
  }

  #receive(messages: readonly ToWorker[]): void {
    const nowMs = this.#clock.wallMs();
    let journaled = 0;
    for (const message of messages) {
      if (message.type === 'ack') this.#acked = message.seq;
      if (message.type !== 'dispatch') continue;
      const { tick } = message.dispatch;
      if (tick !== null) this.#note(tick, nowMs - Number(tick / 1_000_000n));
      journaled = message.seq;
      this.#report(message.dispatch);
    }
    if (journaled > 0) this.#channel?.send([{ type: 'ack', seq: journaled }]);
    this.#sendReports();
  }

  #note(tick: bigint, lagMs: number): void {
    const lags = this.lagsMs.get(tick);
    if (lags === undefined) this.lagsMs.set(tick, [lagMs]);
    else lags.push(lagMs);
  }

  #report({ id, attempt, job }: Dispatch): void {
    const at = this.#clock.wallNanos();
    const times = { startedAt: at, finishedAt: at };
    const report = { success: true, cancelled: false, reason: null, exitCode: 0, ...times, output: EMPTY };
    this.#waiting.push({ type: 'started', seq: ++this.#seq, id, attempt, at });
    this.#waiting.push({ type: 'finished', seq: ++this.#seq, id, attempt, jobName: job.name, report });
  }

  /** As a real worker: at most so many updates that the leader has not acknowledged. */
  #sendReports(): void {
    const room = UNACKED_MAX - (this.#sent - this.#acked);
    const batch = this.#waiting.splice(0, Math.max(0, room));
    this.#sent += batch.length;
    if (batch.length > 0) this.#channel?.send(batch);
  }
}
