import { memberChange, LEAVE_JOINT, type ConfChangeStep, simpleChange } from '../core/confchange/conf-change.ts';
import { NONE } from '../core/ids.ts';
import { type ConfState, EntryType, type NodeId } from '../core/types.ts';
import type { LogState, StoredSnapshot } from '../storage/ports.ts';
import { atMost } from './at-most.ts';
import { checkChange, checkInfo, checkStep } from './arguments.ts';
import type { EngineContext } from './engine-context.ts';
import { Engine } from './engine.ts';
import { asError, failed, notLeader, RaftError, stopped } from './errors.ts';
import { RaftEmitter, type RaftEventName, type RaftEvents, type Unsubscribe } from './events.ts';
import { type FoundingRecord } from './founding.ts';
import { found, wasCalledInto } from './found.ts';
import { loadState } from './load.ts';
import { encodeInfos, isOnlyVoter, type Member, type MemberInfo, type MemberInfos } from './members.ts';
import { type ChangeOptions, otherBirth, unknownMember } from './membership.ts';
import { createNodeMetrics } from './metrics.ts';
import {
  type AddOptions,
  type ChangeMembersOptions,
  type Configuration,
  type MemberStep,
  type NodeStats,
  toCoreStep,
} from './node-types.ts';
import { type RaftNodeModules, type ResolvedModules, resolveModules } from './modules.ts';
import { type RaftNodeOptions, type ReloadableOptions, reloadNodeOptions, resolveNodeOptions } from './options.ts';
import { type NodeIdentity, PeerGate } from './peer-gate.ts';
import { type ApplyResult, BARRIER, type Proposals } from './proposals.ts';
import { openSnapshot } from './open-snapshot.ts';
import { recoverAtStart } from './recover-at-start.ts';
import { RecoveryMarks } from './recovery-marks.ts';
import type { StateCapture } from './state-machine.ts';
import { startOver } from './start-over.ts';
import { restoreThroughLog } from './user-restore.ts';

const CATCH_UP_MS = 300_000;

/**
 * One server of a raft cluster: the core with its disk, network, clock and state machine. All promises of a node settle
 * in every case, also by its stop or failure.
 */
export class RaftNode {
  readonly #context: EngineContext;
  readonly #modules: ResolvedModules;
  readonly #emitter: RaftEmitter;
  readonly #gate: PeerGate;
  #phase: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  #engine: Engine | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws TypeError for options that cannot work. Nothing is opened yet. */
  constructor(options: RaftNodeOptions, modules: RaftNodeModules) {
    this.#modules = resolveModules(modules);
    this.#emitter = new RaftEmitter(this.#modules.logger);
    this.#context = {
      options: resolveNodeOptions(options),
      modules: this.#modules,
      emitter: this.#emitter,
      metrics: createNodeMetrics(this.#modules.metrics),
      onFatal: () => void this.#modules.transport.close().catch(() => {}),
      marks: new RecoveryMarks(this.#modules),
      onContradiction: (engine) => void startOver(engine, this.#context, (state) => this.#run(state)).catch(() => {}),
      onForget: (id) => this.#gate.forget(id),
    };
    this.#gate = new PeerGate(this.#context, () => (this.#phase === 'running' ? this.#engine : undefined));
  }

  /** Reads back what is on disk, then takes part. A server without state waits to be added or to `bootstrap`. */
  async start(): Promise<void> {
    if (this.#phase !== 'new') throw new TypeError('start: once only; make a new node to start again');
    this.#phase = 'starting';
    try {
      await this.#gate.loadIdentity();
      const opened = await this.#modules.log.open();
      const state = await recoverAtStart(opened, this.#modules, this.#context.options.id);
      if (state !== opened) await this.#gate.loadIdentity();
      const { marks } = this.#context;
      await marks.load();
      await this.#run(marks.discarded ? await marks.finishDiscard(this.#modules) : state);
    } catch (error) {
      this.#phase = 'stopped';
      await this.#modules.log.close().catch(() => {});
      throw error;
    }
    this.#modules.transport.setHandler(this.#gate);
  }

  /** Settles what waits and releases everything. With `transfer`, a leader hands over first. Idempotent. */
  stop(options: { readonly transfer?: boolean } = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.transfer === true);
    return this.#stopping;
  }

  /**
   * Founds a cluster on a server without any state. Every member of the record does so with the same record; one that
   * another member called into that very cluster before has nothing left to do.
   * @throws RaftError `cant_bootstrap`
   */
  async bootstrap(record: FoundingRecord): Promise<void> {
    const engine = this.#running();
    if (await wasCalledInto(record, this.#modules)) return;
    await found(record, engine, this.#context, this.#gate, () => this.#run(this.#modules.log.state()));
    const first = record.members.map(({ id }) => id).toSorted()[0];
    if (first === this.#context.options.id) this.#running().campaignWhenFounded();
  }

  /**
   * Makes a server that belongs to no cluster another one: what was promised under the old birth does not bind it.
   * @returns the new birth, durable
   * @throws RaftError `cant_bootstrap`
   */
  async redrawBirth(): Promise<string> {
    const { lastIndex, term } = this.#running().core.basicStatus();
    if (lastIndex > 0 || term > 0 || this.identity.clusterId !== '') {
      throw new RaftError('cant_bootstrap', 'this server has state or belongs to a cluster: its birth stays', {});
    }
    return await this.#gate.redraw();
  }

  /** Proposes one command. Resolves when the state machine of this server has applied it. `data` must not change. */
  apply(data: Uint8Array): Promise<ApplyResult> {
    return this.#proposing((proposals) => proposals.addOne({ type: EntryType.normal, data }));
  }

  /** Proposes commands that follow each other in the log; all of them are proposed, or none. */
  applyBatch(datas: readonly Uint8Array[]): Promise<ApplyResult[]> {
    if (datas.length === 0) return Promise.resolve([]);
    return this.#proposing((proposals) => proposals.add(datas.map((data) => ({ type: EntryType.normal, data }))));
  }

  /** Commits an empty entry and waits until it, and so everything before it, is applied here. Returns its index. */
  async barrier(): Promise<number> {
    return (await this.#proposing((proposals) => proposals.addOne(BARRIER))).index;
  }

  /** Resolves when a majority confirmed, after the call, that this server leads. */
  async verifyLeader(): Promise<void> {
    await this.#running().reads.add('verify');
  }

  /** Linearizable read, on any member: resolves once this server holds everything committed before the call. */
  async readIndex(): Promise<number> {
    return await this.#running().reads.add('index');
  }

  isLeader(): boolean {
    return this.#engine?.running === true && this.#engine.core.basicStatus().role === 'leader';
  }

  /**
   * Whether nobody else can lead now, by real monotonic time: a majority answered a heartbeat round that **began** less
   * than `leaseTimeoutMs` ago. To be asked right before an action that only the leader may take. False after a stall,
   * before the first commit of the term, and once leadership was to be handed over. An only voter needs no lease: nobody can be
   * elected without it, as long as its log holds no membership change that it has not applied.
   */
  leadershipValid(): boolean {
    const engine = this.#engine;
    if (engine === undefined || !engine.running) return false;
    const { role, leadTransferee, applied, pendingConfIndex, term } = engine.core.basicStatus();
    if (role !== 'leader' || leadTransferee !== NONE || engine.transfers.toldIn(term)) return false;
    const settled = applied >= pendingConfIndex && engine.core.log.term(applied) === term;
    if (settled && isOnlyVoter(engine.members.conf)) return true;
    return this.#modules.clock.monotonicMs() - engine.reads.leaseStartMs < this.#gate.leaseMs;
  }

  get term(): number {
    return this.#engine?.core.basicStatus().term ?? 0;
  }

  /** Who leads, as far as is known. */
  leader(): { readonly id: NodeId; readonly address: string } {
    const { leaderId = NONE } = this.#engine?.leadership ?? {};
    return { id: leaderId, address: this.#engine?.address(leaderId) ?? '' };
  }

  get identity(): NodeIdentity {
    return this.#gate.identity;
  }

  /** Adds a learner, waits until it has caught up, and makes it a voter. On a voter: only its facts change. */
  async addVoter(id: NodeId, options: AddOptions = {}): Promise<ConfState> {
    if (!this.getConfiguration().conf.voters.includes(id)) {
      await this.addNonvoter(id, options);
      const { timeoutMs = CATCH_UP_MS, keepQuorum = false } = options;
      return await this.promote(id, { timeoutMs, keepQuorum });
    }
    return await this.#change([{ kind: 'addVoter', id }], { [id]: options }, options);
  }

  /** Adds a learner, which gets the log and does not count. */
  addNonvoter(id: NodeId, options: AddOptions = {}): Promise<ConfState> {
    return this.#change([{ kind: 'addLearner', id }], { [id]: options }, options);
  }

  /** Makes a learner that has caught up a voter. @throws RaftError `not_caught_up` */
  async promote(id: NodeId, options: ChangeOptions & { readonly timeoutMs?: number } = {}): Promise<ConfState> {
    this.#member(id);
    await this.#leading().catchUps.wait(id, options.timeoutMs ?? CATCH_UP_MS);
    return await this.#change([{ kind: 'addVoter', id }], {}, options);
  }

  /**
   * Changes what is known of a member, its address say: neither suffrage nor quorum. A birth once recorded stays.
   * @throws RaftError `conf_change_refused`
   */
  async updateMember(id: NodeId, info: MemberInfo, options: ChangeOptions = {}): Promise<ConfState> {
    checkInfo(info);
    const member = this.#member(id);
    if (member.birth !== '' && (info.birth ?? member.birth) !== member.birth) throw otherBirth(id, member.birth);
    const change = simpleChange('updateNode', id, encodeInfos({ [id]: info }));
    return await this.#afterFirstCommit((now) => now.membership.propose(change, options));
  }

  /** Makes a voter a learner. */
  async demote(id: NodeId, options: ChangeOptions = {}): Promise<ConfState> {
    this.#member(id);
    return await this.#change([{ kind: 'addLearner', id }], {}, options);
  }

  /** Removes a member. A leader that removes itself steps down once that is committed. */
  remove(id: NodeId, options: ChangeOptions = {}): Promise<ConfState> {
    return this.#change([{ kind: 'removeNode', id }], {}, options);
  }

  /** Several changes at once, through a joint configuration unless it is only one. */
  changeMembers(steps: readonly MemberStep[], options: ChangeMembersOptions = {}): Promise<ConfState> {
    const infos: Record<NodeId, MemberInfo> = {};
    for (const step of steps) if (checkStep(step).kind !== 'remove') infos[step.id] = step;
    return this.#change(steps.map(toCoreStep), infos, options);
  }

  /** Leaves a joint configuration that was entered with `explicit`. */
  leaveJoint(options: ChangeOptions = {}): Promise<ConfState> {
    return this.#afterFirstCommit((engine) => engine.membership.propose(LEAVE_JOINT, options));
  }

  /** Hands leadership to a voter, by default to the one that has most of the log. Resolves when it is lost here. */
  async transferLeadership(to: NodeId = NONE): Promise<void> {
    const engine = this.#leading();
    await engine.transfers.start(to);
  }

  /** Campaigns now instead of after the election timeout. */
  campaign(): void {
    this.#running().campaign();
  }

  /** Takes a snapshot of what is applied and compacts the log. @throws RaftError `snapshot_failed` */
  async snapshot(): Promise<StoredSnapshot> {
    return await this.#running().snapshotter.take();
  }

  /** The newest snapshot as the state machine wrote it: a backup for `restore`. @throws RaftError `snapshot_failed` */
  async openSnapshot(): Promise<{ readonly meta: StoredSnapshot; readonly stream: AsyncIterable<Uint8Array> }> {
    return await openSnapshot(this.#modules.snapshots, () => this.#running().snapshotter.takeWithState());
  }

  /** What is applied now and where in the log that is, as one moment; nothing is written. @throws RaftError `snapshot_failed` */
  async captureState(): Promise<StateCapture> {
    return await this.#running().snapshotter.captureState();
  }

  /**
   * Replaces the state of all servers by `stream`, bytes that a state machine wrote for a snapshot, whatever its index.
   * Goes through the log; what is proposed meanwhile is overwritten. Leader only.
   */
  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const { maxRestoreBytes } = this.#context.options;
    await this.#afterFirstCommit((engine) => restoreThroughLog(engine, stream, maxRestoreBytes));
  }

  /** Level of features that the cluster has agreed on, an integer from 0: servers that know less are refused. @default 0 */
  setFeatureLevel(level: number): void {
    this.#gate.setFeatureLevel(level);
  }

  /** As far as this server knows, also while it is founded and after its end. @throws RaftError `stopped` before `start` */
  getConfiguration(): Configuration {
    const { members } = this.#latest();
    return { index: members.index, conf: members.conf, members: members.list() };
  }

  /** The same of its numbers. */
  stats(): NodeStats {
    const engine = this.#latest();
    return {
      ...engine.core.status(),
      applied: engine.applyLane.applied,
      running: engine.running,
      clusterId: this.identity.clusterId,
      leaderAddress: this.leader().address,
      pendingProposals: engine.proposals.size,
      unsyncedBytes: engine.appendLane.unsyncedBytes,
      snapshotIndex: engine.snapshotter.lastIndex,
      firstIndex: engine.window.firstIndex(),
      leadershipValid: this.leadershipValid(),
    };
  }

  /** Calls `listener` in the turn of each event, in order. */
  on<K extends RaftEventName>(name: K, listener: (event: RaftEvents[K]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** @throws TypeError; then nothing is changed */
  reloadConfig(change: ReloadableOptions): void {
    this.#context.options = reloadNodeOptions(this.#context.options, change);
    this.#engine?.reloaded();
  }

  async #run(state: LogState): Promise<void> {
    const { entryCacheBytes } = this.#context.options;
    const { discarded } = this.#context.marks;
    const loaded = await loadState(state, this.#modules, { entryCacheBytes, discarded });
    if (this.#phase === 'stopped') throw stopped();
    this.#engine = new Engine(this.#context, loaded);
    this.#phase = 'running';
    this.#engine.start();
  }

  async #stop(transfer: boolean): Promise<void> {
    const engine = this.#phase === 'running' ? this.#engine : undefined;
    if (transfer && engine !== undefined && this.isLeader()) await this.transferLeadership().catch(() => {});
    this.#phase = 'stopped';
    const { stopTimeoutMs } = this.#context.options;
    const { log, timers, transport } = this.#modules;
    if (engine !== undefined) {
      engine.retire(stopped());
      await atMost(stopTimeoutMs, engine.applyLane.drain(), timers);
      if (engine.failure === undefined) await atMost(stopTimeoutMs, engine.appendLane.close(), timers);
    }
    await transport.close();
    await atMost(stopTimeoutMs, log.close(), timers);
  }

  #running(): Engine {
    const engine = this.#engine;
    if (this.#phase !== 'running' || engine === undefined) throw stopped();
    if (engine.failure !== undefined) throw failed(engine.failure);
    if (!engine.running) throw stopped();
    return engine;
  }

  /** For reads only: it may have ended, and for a moment it has while the node is founded. */
  #latest(): Engine {
    if (this.#engine === undefined) throw stopped();
    return this.#engine;
  }

  #leading(): Engine {
    const engine = this.#running();
    const { role, lead } = engine.core.basicStatus();
    if (role !== 'leader') throw notLeader(lead, engine.address(lead));
    return engine;
  }

  /** One of the cluster that this server leads. */
  #member(id: NodeId): Member {
    const { members } = this.#leading();
    const member = members.list().find((one) => one.id === id);
    if (member === undefined) throw unknownMember(id);
    return member;
  }

  /** One promise for a caller on the way that is taken often; the turn that proposes looks at the role once more. */
  #proposing<T>(work: (proposals: Proposals) => Promise<T>): Promise<T> {
    try {
      const engine = this.#running();
      if (!engine.leadership.isLeader) this.#leading();
      if (engine.disk.low) {
        throw new RaftError('disk_full', 'the disk of this server is nearly full; nothing was proposed', {});
      }
      return work(engine.proposals);
    } catch (error) {
      return Promise.reject(asError(error));
    }
  }

  async #change(
    steps: readonly ConfChangeStep[],
    infos: MemberInfos,
    options: ChangeMembersOptions,
  ): Promise<ConfState> {
    checkChange(steps, infos, options);
    const change = memberChange(steps, options.transition ?? 'auto', encodeInfos(infos));
    return await this.#afterFirstCommit((engine) => engine.membership.propose(change, options));
  }

  /** A new leader may not know yet which change is the last: it must commit an entry of its own first. */
  async #afterFirstCommit<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const { core } = this.#leading();
    const { commit, term } = core.basicStatus();
    if (core.log.term(commit) !== term) await this.barrier();
    return await work(this.#running());
  }
}
