import type { SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Clock } from '@dkron/runtime';

const EMPTY = { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 };

/** A worker that notes when each dispatch arrives and reports success at once: what is left is the leader's own work. */
export class InstantWorker {
  /** Milliseconds from the tick to the arrival of its dispatch. */
  readonly lagsMs: number[] = [];
  readonly #clock: Clock;
  readonly #node: string;
  #channel: SessionChannel<ToServer> | undefined;
  #seq = 0;

  constructor(node: string, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
  }

  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker> {
    this.#channel = channel;
    const ids = { boot: '0'.repeat(32), journal: '1'.repeat(32), maxTerm: 0n };
    channel.send([
      { type: 'hello', node: this.#node, region: 'global', ...ids, executors: ['shell'], slots: 100_000, items: [] },
    ]);
    return { receive: (messages) => this.#receive(messages), closed: () => {} };
  }

  #receive(messages: readonly ToWorker[]): void {
    const nowMs = this.#clock.wallMs();
    const answers: ToServer[] = [];
    let acked = 0;
    for (const message of messages) {
      if (message.type !== 'dispatch') continue;
      const { id, attempt, tick, job } = message.dispatch;
      if (tick !== null) this.lagsMs.push(nowMs - Number(tick / 1_000_000n));
      acked = message.seq;
      const at = this.#clock.wallNanos();
      answers.push({ type: 'started', seq: ++this.#seq, id, attempt, at });
      const report = { success: true, cancelled: false, reason: null, exitCode: 0, startedAt: at, finishedAt: at };
      answers.push({
        type: 'finished',
        seq: ++this.#seq,
        id,
        attempt,
        jobName: job.name,
        report: { ...report, output: EMPTY },
      });
    }
    if (acked > 0) this.#channel?.send([{ type: 'ack', seq: acked }, ...answers]);
  }
}
