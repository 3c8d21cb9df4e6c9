import { type Cancel, type Clock, type Logger, messageOf, type Timers } from '@dkron/runtime';
import type { Describer } from '../describe/describer.ts';
import type { DescribeOutcome } from '../describe/description.ts';
import type { NodeMember } from '../tags/node-member.ts';
import { changeText, noteText } from './note-text.ts';
import { reconcile } from './reconcile.ts';
import type { Change, Configuration, Contact, Note, ServerFacts, ServerView } from './types.ts';
import { ViewTracker } from './view-tracker.ts';

export interface ReconcilerOptions {
  /** This server's name. */
  readonly name: string;
  /** How often it looks without being told to. @default 60,000 */
  readonly intervalMs?: number;
  /** A voter that failed this long ago is swapped for a learner that waits; 0 = never. @default 300,000 */
  readonly replaceAfterMs?: number;
  /** How often it looks while something is about to change, and after a failure at first. @default 1,000 */
  readonly soonMs?: number;
  /** How often one note is logged again. @default 60,000 */
  readonly repeatLogMs?: number;
}

/** What reconciliation needs of consensus. Changes settle when they are in force, or reject; never more than one. */
export interface ReconcilerRaft {
  isLeader(): boolean;
  clusterId(): string;
  configuration(): Configuration;
  contact(id: string): Contact;
  /** @param prevIndex - refused when the configuration is not that of this index any more */
  change(change: Change, prevIndex: number): Promise<void>;
}

export interface ReconcilerModules {
  readonly raft: ReconcilerRaft;
  /** Servers of the region as gossip sees them now, this one too. */
  readonly servers: () => readonly NodeMember[];
  readonly describer: Describer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

const BACKOFF_MAX_MS = 30_000;
/** Looks in a row of a server that does not lead, `soonMs` apart: a new leader may act only after its first commit. */
const MAX_EARLY = 30;
/** Changes in one go; more than there are servers would mean that two of them undo each other. */
const MAX_IN_A_ROW = 100;
const SOON: readonly Note['kind'][] = ['behind', 'undescribed', 'quorum', 'pledged-elsewhere', 'silent-voter'];

/** Makes raft's configuration follow gossip while this server leads: on every event, and every `intervalMs`. */
export class Reconciler {
  readonly #options: Required<ReconcilerOptions>;
  readonly #modules: ReconcilerModules;
  readonly #tracker = new ViewTracker();
  readonly #logged = new Map<string, number>();
  #notes: readonly Note[] = [];
  #running = false;
  #again = false;
  #failures = 0;
  #early = 0;
  #cancel: Cancel | undefined;
  #stopped = true;

  constructor(options: ReconcilerOptions, modules: ReconcilerModules) {
    const defaults = { intervalMs: 60_000, replaceAfterMs: 300_000, soonMs: 1000, repeatLogMs: 60_000 };
    this.#options = { ...defaults, ...options };
    this.#modules = modules;
  }

  start(): void {
    this.#stopped = false;
    this.changed();
  }

  /** Nothing is begun any more; a change under way ends by itself. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** A member event, or leadership was gained: look now. To be called on servers that do not lead, too. */
  changed(): void {
    this.#early = 0;
    this.#look();
  }

  /** The node joined, so what it said of itself before holds no longer. */
  joined(name: string): void {
    this.#modules.describer.joined(name);
    this.changed();
  }

  /** Gossip has forgotten the member. */
  reaped(name: string): void {
    this.#modules.describer.joined(name);
    this.#tracker.reaped(name, this.#nowMs());
    this.changed();
  }

  /** What the last look left undone, and why. */
  get notes(): readonly Note[] {
    return this.#notes;
  }

  #look(): void {
    this.#observe();
    this.#again = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    let delayMs = this.#options.intervalMs;
    for (let changes = 0; this.#again && !this.#stopped && changes < MAX_IN_A_ROW; changes++) {
      this.#again = false;
      if (!this.#modules.raft.isLeader()) {
        if (this.#early++ < MAX_EARLY) delayMs = Math.min(this.#options.soonMs, delayMs);
        break;
      }
      try {
        delayMs = await this.#once();
        this.#failures = 0;
      } catch (error) {
        this.#modules.logger.warn('the membership could not be changed', { error: messageOf(error) });
        delayMs = Math.min(this.#options.soonMs * 2 ** this.#failures, BACKOFF_MAX_MS);
        this.#failures = Math.min(this.#failures + 1, 10);
        this.#again = false;
      }
    }
    this.#running = false;
    this.#cancel?.();
    if (!this.#stopped) this.#cancel = this.#modules.timers.after(delayMs, () => this.#look());
  }

  /** One look, and at most one change. Resolves with the time until the next look is due. */
  async #once(): Promise<number> {
    const { raft } = this.#modules;
    this.#observe();
    const facts = await this.#describeAll(raft.configuration());
    if (this.#stopped || !raft.isLeader()) return this.#options.intervalMs;
    this.#observe();
    // The configuration of this moment: the questions took their time.
    const configuration = raft.configuration();
    const input = {
      self: this.#options.name,
      clusterId: raft.clusterId(),
      nowMs: this.#nowMs(),
      configuration,
      servers: this.#tracker.views(configuration, facts),
      contacts: new Map(configuration.servers.map(({ id }) => [id, raft.contact(id)])),
      replaceAfterMs: this.#options.replaceAfterMs === 0 ? Infinity : this.#options.replaceAfterMs,
    };
    const { change, notes } = reconcile(input);
    this.#note(notes);
    if (change === undefined) {
      // It may be starting, and turn out to be another than before.
      const isSilent = [...facts.values()].some(({ kind }) => kind === 'unknown');
      return isSilent ? this.#soonMs() : this.#nextLookMs(notes, input.servers);
    }
    this.#modules.logger.info('membership changes', { change: changeText(change) });
    await raft.change(change, configuration.index);
    this.#again = change.kind !== 'transfer';
    return this.#options.soonMs;
  }

  /** Who is in no configuration is asked anew, since its birth and state decide; the others when it is long ago. */
  async #describeAll(configuration: Configuration): Promise<Map<string, ServerFacts>> {
    const { describer, servers } = this.#modules;
    const known = new Set(configuration.servers.map(({ id }) => id));
    const alive = servers().filter(({ name, status }) => status === 'alive' && name !== this.#options.name);
    const outcomes = await Promise.all(
      alive.map(async ({ name, rpcAddress }) => {
        const maxAgeMs = known.has(name) ? this.#options.intervalMs : 0;
        return [name, factsOf(await describer.describe(name, rpcAddress, maxAgeMs))] as const;
      }),
    );
    return new Map(outcomes);
  }

  #observe(): void {
    this.#tracker.observe(this.#modules.servers(), this.#nowMs());
  }

  #nextLookMs(notes: readonly Note[], servers: ReadonlyMap<string, ServerView>): number {
    const { intervalMs, replaceAfterMs } = this.#options;
    if (notes.some(({ kind }) => SOON.includes(kind))) return this.#soonMs();
    const nowMs = this.#nowMs();
    const due = [...servers.values()]
      .filter(({ status }) => status === 'failed' || status === 'unseen')
      .map(({ sinceMs }) => sinceMs + replaceAfterMs - nowMs)
      .filter((delayMs) => delayMs > 0);
    return Math.min(intervalMs, ...due);
  }

  #soonMs(): number {
    const { intervalMs, soonMs } = this.#options;
    return Math.min(soonMs, intervalMs);
  }

  #note(notes: readonly Note[]): void {
    this.#notes = notes;
    const nowMs = this.#nowMs();
    for (const [text, atMs] of this.#logged) if (nowMs - atMs >= this.#options.repeatLogMs) this.#logged.delete(text);
    for (const note of notes) {
      const text = noteText(note);
      if (this.#logged.has(text)) continue;
      this.#logged.set(text, nowMs);
      const level = ['behind', 'undescribed', 'held-learner', 'silent-voter'].includes(note.kind) ? 'info' : 'warn';
      this.#modules.logger[level]('membership is not changed', { reason: note.kind, text });
    }
  }

  #nowMs(): number {
    return this.#modules.clock.monotonicMs();
  }
}

function factsOf(outcome: DescribeOutcome): ServerFacts {
  if (outcome.kind === 'silent') return { kind: 'unknown' };
  if (outcome.kind === 'go') return { kind: 'go' };
  const { birth, state, clusterId } = outcome.description;
  return { kind: 'ours', birth, state, clusterId };
}
