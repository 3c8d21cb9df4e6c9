import type { ApplyEvent, Notice, NoticeChannel } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { cronitorDelivery } from './cronitor.ts';
import { HttpPool } from './http-call.ts';
import { Lane } from './lane.ts';
import { laneMetrics, type LaneMetrics } from './lane-metrics.ts';
import { mailDelivery, type MailDelivery } from './mail.ts';
import type { Deliver, NoticeLog, NoticeView, Stamps } from './ports.ts';
import { Settler } from './settler.ts';
import { channelsIn, type NotifierSettings } from './settings.ts';
import { webhookDelivery } from './webhook.ts';

export interface NotifierOptions {
  readonly settings: NotifierSettings;
  /** This node, as receivers are told. */
  readonly reportingNode: string;
  /** Notices that are older are given up. Default 24 h. */
  readonly ageMaxMs?: number;
  /** For one try. Default 10 s. */
  readonly timeoutMs?: number;
  /** Told to one receiver at the same time. Default 8. */
  readonly parallelMax?: number;
}

export interface NotifierModules {
  readonly view: NoticeView;
  readonly log: NoticeLog;
  readonly stamps: Stamps;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How receivers are told. Default: mail, webhooks and Cronitor, as configured. */
  readonly deliveries?: Readonly<Partial<Record<NoticeChannel, Deliver>>>;
}

/**
 * Tells receivers what the replicated state says is still to be told, while this node leads. Keeps nothing that the state
 * does not hold: the next leader goes on with the same notices, their tries and their keys.
 */
export class Notifier {
  readonly #modules: NotifierModules;
  readonly #lanes: ReadonlyMap<NoticeChannel, Lane>;
  readonly #settler: Settler;
  readonly #metrics: LaneMetrics;
  readonly #mail: MailDelivery | undefined;
  readonly #pool = new HttpPool();
  #unsubscribe: (() => void) | undefined;

  constructor(options: NotifierOptions, modules: NotifierModules) {
    const { settings, timeoutMs = 10_000, parallelMax = 8, ageMaxMs = 86_400_000 } = options;
    this.#modules = modules;
    this.#settler = new Settler(modules);
    this.#metrics = laneMetrics(modules.metrics);
    const channels = channelsIn(settings);
    const content = { view: modules.view, reportingNode: options.reportingNode, pool: this.#pool };
    this.#mail = channels.includes('mail') ? mailDelivery({ settings: settings.mail, timeoutMs }, content) : undefined;
    const deliveries = modules.deliveries ?? {
      cronitor: cronitorDelivery(settings.cronitorEndpoint, this.#pool),
      mail: this.#mail?.deliver,
      webhook: webhookDelivery(settings.webhook, content),
      'pre-webhook': webhookDelivery(settings.preWebhook, content),
    };
    this.#lanes = new Map(
      NOTICE_CHANNELS.map((receiver) => [
        receiver,
        new Lane(
          { receiver, timeoutMs, parallelMax, ageMaxMs },
          {
            ...modules,
            metrics: this.#metrics,
            deliver: modules.deliveries !== undefined || channels.includes(receiver) ? deliveries[receiver] : undefined,
            settle: (outcome) => this.#settler.add(outcome),
            mayAct: () => modules.log.leadershipValid(),
          },
        ),
      ]),
    );
  }

  /** Leadership was gained: everything applied so far can be read. */
  start(): void {
    if (this.#unsubscribe !== undefined) return;
    const { view } = this.#modules;
    this.#settler.start();
    for (const lane of this.#lanes.values()) lane.start();
    const processing = new Set([...view.dues()].flatMap(({ kind, id }) => (kind === 'process' ? id : [])));
    for (const notice of view.notices().list()) this.#put(notice, processing.has(notice.awaits));
    this.#unsubscribe = view.onApplied((events) => this.#applied(events));
    this.#work();
  }

  /** Leadership was lost: nothing is begun after this returns, and what is under way is broken off. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#settler.stop();
    for (const [receiver, lane] of this.#lanes) {
      lane.stop();
      this.#metrics.waiting.set(0, { receiver });
    }
  }

  /** Gives its connections back. It does not start again. */
  close(): void {
    this.stop();
    this.#mail?.close();
    this.#pool.close();
  }

  #put(notice: Notice, awaits: boolean): void {
    this.#lanes.get(notice.channel)?.put(notice, awaits);
  }

  #applied(events: readonly ApplyEvent[]): void {
    let touched = false;
    for (const event of events) {
      if (event.type === 'due' && event.change === 'removed' && event.due.kind === 'process') {
        for (const lane of this.#lanes.values()) lane.processed(event.due.id);
        touched = true;
      }
      if (event.type !== 'notice') continue;
      touched = true;
      const { notice, change } = event;
      // Processing is waited for from the beginning: a notice that is tried again has it behind it.
      if (change === 'added') this.#put(notice, notice.awaits !== 0n);
      else if (change === 'deferred') this.#put(notice, false);
      else this.#lanes.get(notice.channel)?.remove(notice.id);
      if (change === 'evicted') this.#evicted(notice);
    }
    if (touched) this.#work();
  }

  #evicted({ channel, execution, event }: Notice): void {
    this.#metrics.dropped.add(1, { receiver: channel, reason: 'room' });
    this.#modules.logger.warn('A notification is dropped, too many wait for their receiver', {
      receiver: channel,
      job: execution.jobName,
      id: execution.id,
      event,
    });
  }

  #work(): void {
    for (const [receiver, lane] of this.#lanes) {
      this.#metrics.waiting.set(lane.size, { receiver });
      lane.work();
    }
  }
}
