import type { Cancel, Clock, Logger, Random, Timers } from '@dkron/runtime';
import type { AskDescription, Description } from '../describe/description.ts';
import { ClusterError } from '../errors.ts';
import { FormationCore } from './core.ts';
import type { FormationStore } from './identity-store.ts';
import { founderOf, type FoundingRecord } from './record.ts';
import { formationText } from './status-text.ts';
import type {
  FormationCoreOptions,
  FormationEffect,
  FormationStatus,
  PledgeAnswer,
  PledgeRequest,
  SeenServer,
} from './types.ts';

export interface FormationOptions extends FormationCoreOptions {
  /** How long a node may take to describe itself, and to answer a pledge. @default 1,000 */
  readonly askTimeoutMs?: number;
  /** How often the same status is logged again. @default 10,000 */
  readonly repeatLogMs?: number;
}

/** What formation needs of consensus. */
export interface FormationRaft {
  /** `''` while this server belongs to no cluster; a leader may call it into one at any moment. */
  clusterId(): string;
  /** Whether there is any log, term or snapshot. */
  hasState(): boolean;
  /** `RaftNode.bootstrap`: durable when it resolves; the first of the record campaigns at once. */
  bootstrap(record: FoundingRecord): Promise<void>;
  /** Draws another birth for the empty data folder, durably. Resolves with it. */
  redraw(): Promise<string>;
}

/** Asks a server for its pledge; rejects when it does not answer within `timeoutMs`. */
export type AskPledge = (address: string, request: PledgeRequest, timeoutMs: number) => Promise<PledgeAnswer>;

export interface FormationModules {
  readonly store: FormationStore;
  readonly raft: FormationRaft;
  readonly describe: AskDescription;
  readonly askPledge: AskPledge;
  readonly clusterIdOf: (record: FoundingRecord) => string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  /**
   * The data folder cannot be written, so nothing can be promised or founded: the process should end. After a restart
   * it goes on where it was.
   */
  readonly onFatal: (error: Error) => void;
}

const TICK_MS = 50;
/** Founders beyond this many at one time are refused. */
const MAX_WAITING = 64;

/** Brings one server into a cluster: founds one with others, or waits until a leader adds it. */
export class Formation {
  readonly #options: FormationOptions;
  readonly #modules: FormationModules;
  readonly #replies = new Map<number, (answer: PledgeAnswer) => void>();
  readonly #changed = new Set<(status: FormationStatus) => void>();
  #core: FormationCore | undefined;
  #seen: readonly SeenServer[] = [];
  #joinRoundOver = false;
  #lastReply = 0;
  #founding: Promise<void> | undefined;
  #cancelTick: Cancel | undefined;
  #stopped = false;
  #logged = { text: '', atMs: -Infinity };

  constructor(options: FormationOptions, modules: FormationModules) {
    this.#options = options;
    this.#modules = modules;
  }

  /** Begins where the data folder says. Raft must be running. @throws TypeError for a damaged identity */
  async start(): Promise<void> {
    const { store, raft, clusterIdOf, random } = this.#modules;
    const state = await store.load();
    // The cluster id is written before the log: a crash in between is made good here.
    const half = state.pledge !== undefined && state.clusterId === clusterIdOf(state.pledge) && !raft.hasState();
    if (half) await raft.bootstrap(state.pledge!);
    this.#core = new FormationCore(this.#options, state, { clusterIdOf, random });
    this.#run(this.#core.view(this.#seen, this.#nowMs()));
    if (this.#joinRoundOver) this.#run(this.#core.joinRoundOver(this.#nowMs()));
    this.#run(this.#core.start(this.#nowMs()));
    this.#tick();
  }

  /** Nothing is done any more; writes under way end by themselves. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTick?.();
    for (const reply of this.#replies.values()) reply({ accepted: false, reason: 'it is being stopped' });
    this.#replies.clear();
  }

  get status(): FormationStatus {
    return this.#core?.status ?? { kind: 'starting' };
  }

  /**
   * What this server answers to `Describe`.
   *
   * @param facts - members and leader are told by members only
   * @throws ClusterError `starting` until its folder is read: it might have promised itself before
   */
  describe(
    facts: Pick<Description, 'boot' | 'software'> &
      Partial<Pick<Description, 'members' | 'leader' | 'featureMax' | 'wallMs'>>,
  ): Description {
    const { name, region, expect } = this.#options;
    const { clusterIdOf, raft } = this.#modules;
    const core = this.#core;
    if (core === undefined) throw new ClusterError('starting', `server ${name} is starting; ask again`, { name });
    const { pledge, birth } = core;
    const { boot, software, members = [], leader = { name: '', address: '' }, featureMax = 0, wallMs = 0 } = facts;
    const own = { name, region, expect, birth, boot, software, featureMax, wallMs, leader: { name: '', address: '' } };
    // Raft knows of a call before the next look does.
    if (core.isMember || raft.clusterId() !== '') {
      return { ...own, state: 'member', clusterId: raft.clusterId(), members, leader };
    }
    if (pledge === undefined) return { ...own, state: 'fresh', clusterId: '', members: [] };
    return { ...own, state: 'pledged', clusterId: clusterIdOf(pledge), members: pledge.members.map(({ id }) => id) };
  }

  /** The servers of the region as gossip sees them; to be told on every raw member event. */
  view(seen: readonly SeenServer[]): void {
    this.#seen = seen;
    if (this.#core !== undefined) this.#run(this.#core.view(seen, this.#nowMs()));
  }

  /** Every join target was tried once, or ten seconds have passed. */
  joinRoundOver(): void {
    this.#joinRoundOver = true;
    if (this.#core !== undefined) this.#run(this.#core.joinRoundOver(this.#nowMs()));
  }

  /** A founder asks for this server's pledge. */
  pledge(request: PledgeRequest): Promise<PledgeAnswer> {
    const core = this.#core;
    if (core === undefined || this.#stopped || this.#replies.size >= MAX_WAITING) {
      return Promise.resolve({ accepted: false, reason: 'it is not ready; ask again' });
    }
    const replyTo = ++this.#lastReply;
    return new Promise((resolve) => {
      this.#replies.set(replyTo, resolve);
      this.#run(core.pledgeAsked(request, replyTo));
    });
  }

  /**
   * A handshake of a cluster names our birth while we belong to none: whether raft may follow. Resolves with a text
   * that says why not. Whoever is promised to this very cluster is a member of its record when it resolves.
   */
  async admit(clusterId: string): Promise<true | string> {
    const core = this.#core;
    if (core === undefined || this.#stopped) return 'its formation has not begun yet';
    const admission = core.admit(clusterId, this.#nowMs());
    if (admission.kind === 'join') return true;
    if (admission.kind === 'refuse') return admission.why;
    const founding = this.#found(admission.record);
    this.#durably(founding);
    return await founding.then(
      () => true as const,
      () => 'it could not become a member of the record it is promised to',
    );
  }

  /** Called with the status on each change. Returns how to end that. */
  onStatus(listener: (status: FormationStatus) => void): () => void {
    this.#changed.add(listener);
    return () => void this.#changed.delete(listener);
  }

  #tick(): void {
    const core = this.#core;
    if (core === undefined || this.#stopped) return;
    this.#run(core.called(this.#modules.raft.clusterId()));
    this.#run(core.tick(this.#nowMs()));
    if (!core.isMember) this.#cancelTick = this.#modules.timers.after(TICK_MS, () => this.#tick());
  }

  #run(effects: readonly FormationEffect[]): void {
    for (const effect of effects) this.#do(effect);
    this.#log();
  }

  #do(effect: FormationEffect): void {
    const { describe, askPledge, store, raft } = this.#modules;
    const { askTimeoutMs = 1000 } = this.#options;
    switch (effect.kind) {
      case 'describe': {
        const { round, name, address } = effect;
        const answered = describe(address, askTimeoutMs);
        void answered.then((outcome) => this.#run(this.#core!.described(round, name, outcome, this.#nowMs())));
        return;
      }
      case 'pledge': {
        const { name, address, request } = effect;
        const { attempt } = request.record;
        askPledge(address, request, askTimeoutMs).then(
          (answer) => this.#run(this.#core!.pledgeAnswered(name, attempt, answer, this.#nowMs())),
          (error: unknown) => this.#modules.logger.debug('a server did not answer to a pledge', { name, error }),
        );
        return;
      }
      case 'answer':
        this.#replies.get(effect.replyTo)?.(effect.answer);
        this.#replies.delete(effect.replyTo);
        return;
      case 'write':
        this.#durably(
          store.update(effect.change).then((state) => {
            // Raft may have been called meanwhile, in the same file.
            this.#run(this.#core!.called(state.clusterId));
            this.#run(this.#core!.written(this.#nowMs()));
          }),
        );
        return;
      case 'found':
        this.#durably(this.#found(effect.record));
        return;
      case 'redraw':
        this.#durably(raft.redraw().then((birth) => this.#run(this.#core!.redrawn(birth, this.#nowMs()))));
    }
  }

  #found(record: FoundingRecord): Promise<void> {
    this.#founding ??= this.#modules.raft.bootstrap(record).then(() => {
      const { name } = this.#options;
      const members = record.members.map(({ id }) => id);
      this.#modules.logger.info('cluster founded', { founder: founderOf(record), by: name, members });
      this.#run(this.#core!.founded());
    });
    return this.#founding;
  }

  /** A write that failed may be on disk or not: only a new process can tell. */
  #durably(write: Promise<unknown>): void {
    write.catch((error: unknown) => {
      if (this.#stopped) return;
      this.stop();
      const text = error instanceof Error ? error : new Error(String(error));
      this.#modules.logger.error('the data folder could not be written while a cluster was formed', { error: text });
      this.#modules.onFatal(text);
    });
  }

  #log(): void {
    const { status } = this;
    const text = formationText(status);
    const nowMs = this.#nowMs();
    const same = text === this.#logged.text;
    if (same && nowMs - this.#logged.atMs < (this.#options.repeatLogMs ?? 10_000)) return;
    this.#logged = { text, atMs: nowMs };
    const level = status.kind === 'expect-mismatch' || status.kind === 'go-server' ? 'error' : 'info';
    this.#modules.logger[level]('formation', { status: status.kind, text });
    if (!same) for (const listener of this.#changed) listener(status);
  }

  #nowMs(): number {
    return this.#modules.clock.monotonicMs();
  }
}
