import type {
  Dispatch,
  ExecutionId,
  FinishedReport,
  HelloItem,
  SessionReceiver,
  ToServer,
  ToWorker,
  Verdict,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Clock } from '@dkron/runtime';
import type { Engine } from '../src/engine.ts';

interface Item {
  readonly dispatch: Pick<Dispatch, 'id' | 'attempt' | 'group'> & { readonly jobName: string };
  state: HelloItem['state'];
  report?: FinishedReport;
}

interface Link {
  receiver: SessionReceiver<ToServer> | undefined;
  /** Results that wait for an acknowledgement. */
  readonly sent: Map<number, ExecutionId>;
}

/** An attempt whose command really runs on some node. */
export interface Real {
  readonly id: ExecutionId;
  readonly attempt: number;
  readonly group: bigint;
  readonly jobName: string;
}

/** A node with a journal and commands that run for as long as the test lets them, whatever the leader believes. */
export class SimNode {
  readonly name: string;
  /** Nothing reaches the node, nothing reaches the leader: each for itself. */
  deaf = false;
  mute = false;
  readonly #clock: Clock;
  readonly #started: (attempt: Real) => void;
  readonly #items = new Map<ExecutionId, Item>();
  #journal = 1;
  #seq = 0;
  #link: Link | undefined;

  constructor(name: string, clock: Clock, started: (attempt: Real) => void) {
    this.name = name;
    this.#clock = clock;
    this.#started = started;
  }

  get running(): readonly Real[] {
    return [...this.#items.values()].flatMap(({ state, dispatch }) => (state === 'running' ? [dispatch] : []));
  }

  connect(engine: Engine, maxTerm: bigint): void {
    const link: Link = { receiver: undefined, sent: new Map() };
    this.#link?.receiver?.closed('superseded');
    this.#link = link;
    this.#seq = 0;
    link.receiver = engine.accept({
      send: (messages) => {
        if (this.#link === link && !this.deaf) for (const message of messages) this.#receive(message);
      },
      close: () => {
        if (this.#link === link) this.#link = undefined;
      },
    });
    this.#tell({
      type: 'hello',
      node: this.name,
      region: 'global',
      boot: 'b'.repeat(32),
      journal: String(this.#journal).padStart(32, '0'),
      maxTerm,
      clusterId: 'c'.repeat(32),
      executors: ['shell'],
      slots: 100,
      relay: false,
      items: [...this.#items.values()].map(({ dispatch: { id, attempt }, state }) => ({
        id,
        attempt,
        state,
        startedAt: state === 'running' ? this.#clock.wallNanos() : ZERO_TIME,
      })),
    });
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  ping(): void {
    this.#tell({ type: 'ping', n: 1 });
  }

  finish(id: ExecutionId, success: boolean): void {
    this.#end(id, { success, cancelled: false, reason: success ? null : 'exit' });
  }

  /** The process and all its commands are gone; with `wiped`, the journal too. */
  crash(wiped: boolean): void {
    for (const item of this.#items.values()) if (item.state === 'running') item.state = 'died';
    if (wiped) {
      this.#items.clear();
      this.#journal++;
    }
    this.#link = undefined;
  }

  #receive(message: ToWorker): void {
    if (message.type === 'welcome') {
      for (const { id, verdict } of message.verdicts) this.#obey(id, verdict);
    } else if (message.type === 'dispatch') {
      this.#accept(message.dispatch);
      this.#tell({ type: 'ack', seq: message.seq });
    } else if (message.type === 'cancel') {
      this.#end(message.id, { success: false, cancelled: true, reason: 'cancelled' });
      this.#tell({ type: 'ack', seq: message.seq });
    } else if (message.type === 'ack') {
      for (const [seq, id] of this.#link?.sent ?? []) if (seq <= message.seq) this.#items.delete(id);
    }
  }

  #accept({ id, attempt, group, job }: Dispatch): void {
    const known = this.#items.get(id);
    if (known !== undefined) return this.#report(known);
    const item: Item = { dispatch: { id, attempt, group, jobName: job.name }, state: 'running' };
    this.#started(item.dispatch);
    this.#items.set(id, item);
    this.#report(item);
  }

  #obey(id: ExecutionId, verdict: Verdict): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    if (verdict === 'kill') this.#end(id, { success: false, cancelled: true, reason: 'cancelled' });
    else if (verdict === 'forget') this.#items.delete(id);
    else this.#report(item);
  }

  #end(id: ExecutionId, end: Pick<FinishedReport, 'success' | 'cancelled' | 'reason'>): void {
    const item = this.#items.get(id);
    if (item?.state !== 'running') return;
    const [now, output] = [this.#clock.wallNanos(), { head: new Uint8Array(), tail: new Uint8Array(), totalBytes: 0 }];
    item.state = 'finished';
    item.report = { ...end, exitCode: end.success ? 0 : 1, startedAt: now, finishedAt: now, output };
    this.#report(item);
  }

  #report({ dispatch: { id, attempt, jobName }, state, report }: Item): void {
    const said = { seq: this.#seq + 1, id, attempt };
    if (state === 'running') this.#tell({ type: 'started', ...said, at: this.#clock.wallNanos() });
    else if (state === 'finished') {
      this.#link?.sent.set(said.seq, id);
      this.#tell({ type: 'finished', ...said, jobName, report: report! });
    } else return;
    this.#seq++;
  }

  #tell(message: ToServer): void {
    if (!this.mute) this.#link?.receiver?.receive([message]);
  }
}
