import type { Message } from '../core/message.ts';
import type { TraceEvent } from '../core/events.ts';
import { NONE } from '../core/ids.ts';
import type { LogWindow } from '../core/log/log-window.ts';
import { RaftCore } from '../core/raft/raft-core.ts';
import type { Ready } from '../core/raft/ready.ts';
import type { ReadRequest } from '../core/raft/state.ts';
import type { ConfState, Entry, NodeId } from '../core/types.ts';
import { applyConfEntry, applyTransferStep } from './apply-conf.ts';
import { AppendLane } from './append-lane.ts';
import { ApplyLane } from './apply-lane.ts';
import { CatchUps } from './catch-up.ts';
import { CommitNews } from './commit-news.ts';
import { coreOptions } from './core-options.ts';
import { DiskWatch } from './disk-watch.ts';
import { asError, failed } from './errors.ts';
import { FastFailover } from './fast-failover.ts';
import type { LeadershipEvent, RaftEmitter } from './events.ts';
import { campaignAsFounder } from './founder-campaign.ts';
import { FOUNDING_INDEX } from './founding.ts';
import type { EngineContext } from './engine-context.ts';
import type { Host } from './host.ts';
import { installSnapshot } from './install.ts';
import { Leadership } from './leadership.ts';
import type { LoadedState } from './load.ts';
import type { MemberTable } from './members.ts';
import { Membership } from './membership.ts';
import { type NodeMetrics, setGauges } from './metrics.ts';
import type { ResolvedModules } from './modules.ts';
import type { ResolvedNodeOptions } from './options.ts';
import { Proposals } from './proposals.ts';
import { Reads } from './reads.ts';
import type { TransferBuffer } from './state-transfer.ts';
import { Resignation } from './resignation.ts';
import { SnapshotReceiver, SnapshotSender } from './snapshot-streams.ts';
import { Snapshotter } from './snapshotter.ts';
import { groupByPeer } from './outgoing.ts';
import { reportTrace } from './report-trace.ts';
import { type Tick, Ticker } from './ticker.ts';
import { Transfers } from './transfers.ts';
import { isSmall, Turns } from './turns.ts';

/**
 * Runs one core: ticks and messages in; one `Ready` for each turn of the event loop out, whose writes, commands,
 * messages and reads go their separate ways. A command that comes alone, and what follows from it, waits for no turn.
 */
export class Engine implements Host {
  readonly core: RaftCore;
  readonly window: LogWindow;
  readonly members: MemberTable;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly membership: Membership;
  readonly transfers: Transfers;
  readonly catchUps: CatchUps;
  readonly appendLane: AppendLane;
  readonly applyLane: ApplyLane;
  readonly snapshotter: Snapshotter;
  readonly receiver: SnapshotReceiver;
  readonly disk: DiskWatch;
  readonly transfer: TransferBuffer;
  readonly #context: EngineContext;
  readonly #sender: SnapshotSender;
  readonly #ticker: Ticker;
  readonly #turns: Turns;
  readonly #failover: FastFailover;
  readonly #leadership: Leadership;
  readonly #resignation: Resignation;
  readonly #news = new CommitNews();
  readonly #acked = new Map<NodeId, number>();
  #running = true;
  #skippedTick = false;
  #failure: Error | undefined;
  #campaignWhenFounded = false;
  #alone: boolean;

  constructor(context: EngineContext, loaded: LoadedState) {
    this.#context = context;
    this.#turns = new Turns(context.modules.timers, {
      turn: () => this.guard(() => this.#turn()),
      end: () => this.applyLane.begin(),
    });
    this.window = loaded.window;
    this.members = loaded.members;
    this.#alone = loaded.members.list().length === 1;
    this.transfer = loaded.transfer;
    this.reads = new Reads(this);
    this.core = new RaftCore(coreOptions(context.options, loaded.applied, context.marks.unconfirmed), {
      storage: loaded.window,
      rand: (n) => context.modules.random.nextInt(n),
      events: (event) => this.#trace(event),
    });
    context.modules.onCore?.(this.core);
    this.proposals = new Proposals(this);
    this.membership = new Membership(this);
    this.transfers = new Transfers(this);
    this.catchUps = new CatchUps(this);
    this.applyLane = new ApplyLane(this, this.#applyHooks(), loaded.applied);
    this.appendLane = new AppendLane(this, async (meta, hardState) => {
      await installSnapshot(this, this.applyLane, meta, hardState, context.marks);
      this.snapshotter.installed(meta.index);
      this.transfer.clear();
      this.#configurationChanged(meta.index, meta.confState);
    });
    this.snapshotter = new Snapshotter(
      this,
      { applyLane: this.applyLane, transfer: this.transfer },
      loaded.snapshotIndex,
    );
    this.receiver = new SnapshotReceiver(this);
    this.#sender = new SnapshotSender(this, this.snapshotter);
    const parts = { appendLane: this.appendLane, snapshotter: this.snapshotter };
    this.disk = new DiskWatch(this, parts, () => this.yieldLeadership());
    this.#ticker = new Ticker(context.options, context.modules, (tick) => this.guard(() => this.#tick(tick)));
    this.#resignation = new Resignation(this);
    this.#failover = new FastFailover(this, () => this.campaign());
    this.#leadership = new Leadership(this, {
      reads: this.reads,
      proposals: this.proposals,
      membership: this.membership,
      catchUps: this.catchUps,
      transfers: this.transfers,
    });
  }

  get options(): ResolvedNodeOptions {
    return this.#context.options;
  }

  get modules(): ResolvedModules {
    return this.#context.modules;
  }

  get emitter(): RaftEmitter {
    return this.#context.emitter;
  }

  get metrics(): NodeMetrics {
    return this.#context.metrics;
  }

  get running(): boolean {
    return this.#running;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get leadership(): LeadershipEvent {
    return this.#leadership.known;
  }

  get electionMs(): number {
    return this.options.tickMs * this.options.electionTick;
  }

  ackedMs(id: NodeId): number {
    return this.#acked.get(id) ?? -Infinity;
  }

  start(): void {
    this.#ticker.start();
    this.schedule();
  }

  /** Campaigns as soon as the founding entry is applied. */
  campaignWhenFounded(): void {
    this.#campaignWhenFounded = true;
  }

  campaign(): void {
    this.guard(() => this.core.campaign());
    this.schedule();
  }

  reloaded(): void {
    this.#ticker.setTickMs(this.options.tickMs);
    this.snapshotter.reloaded();
  }

  schedule(): void {
    if (this.#running) this.#turns.schedule();
  }

  hasten(): void {
    if (this.#running) this.#turns.hasten();
  }

  written(): void {
    if (this.core.hasReady() || this.proposals.wait) this.schedule();
  }

  address(id: NodeId): string {
    return id === NONE ? '' : this.modules.resolver.address(id, this.members.info(id).address ?? '');
  }

  send(messages: readonly Message[]): void {
    for (const [to, group] of groupByPeer(messages)) {
      const snapshots = group.filter((message) => message.type === 'Snap');
      for (const message of snapshots) this.#sender.send(message);
      const rest = snapshots.length === 0 ? group : group.filter((message) => message.type !== 'Snap');
      if (rest.length === 0) continue;
      const address = this.address(to);
      if (address === '') this.core.reportUnreachable(to);
      else this.modules.transport.send(to, address, rest);
    }
  }

  /** Messages of a peer. `Snap` comes on streams of its own; from here it would lack its bytes. */
  receive(messages: readonly Message[]): Promise<void> | undefined {
    this.guard(() => {
      for (const message of messages) {
        const { type } = message;
        const ours = message.to === this.core.id && type !== 'Snap';
        if (type === 'App' || type === 'Heartbeat') this.#failover.heard();
        else if (type === 'HeartbeatResp') this.#acked.set(message.from, this.modules.clock.monotonicMs());
        const result = ours ? this.core.step(message) : 'malformed';
        if (result === 'malformed' || result === 'localMsg') this.metrics.messagesRefused.add(1);
      }
    });
    if (this.proposals.size <= 1 && isSmall(messages)) this.hasten();
    else this.schedule();
    return this.appendLane.room();
  }

  unreachable(id: NodeId, refused: boolean): void {
    this.guard(() => {
      this.core.reportUnreachable(id);
      if (refused && this.options.fastFailover) this.#failover.leaderGone(id);
    });
    this.schedule();
  }

  /** Hands leadership to whoever takes it; nothing is awaited. */
  yieldLeadership(): void {
    this.guard(() => {
      if (this.core.basicStatus().leadTransferee !== NONE) return;
      this.reads.dropLease();
      this.core.transferLeader(NONE);
    });
    this.schedule();
  }

  guard(work: () => void): void {
    if (!this.#running) return;
    try {
      work();
    } catch (error) {
      this.fatal(error);
    }
  }

  attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.fatal(error);
      throw failed(asError(error));
    }
  }

  fatal(error: unknown): void {
    if (!this.#running) return;
    const cause = asError(error);
    this.retire(failed(cause));
    this.died(cause);
  }

  /** The node ends for this reason, after everything that waited was told. */
  died(cause: Error): void {
    this.#failure = cause;
    this.modules.logger.error('raft node failed; restart the process', { error: cause.message });
    this.emitter.emit('fatal', { error: cause });
    this.#context.onFatal(cause);
  }

  /** Stops everything but what is on its way to the disk. Whoever waits gets `error`. */
  retire(error: Error): void {
    if (!this.#running) return;
    this.#ticker.stop();
    this.#running = false;
    this.#sender.stop();
    this.proposals.close(error);
    this.reads.close(error);
    this.membership.close(error);
    this.catchUps.close(error);
    this.transfers.close(error);
  }

  #turn(): void {
    this.proposals.flush(this.core, this.appendLane.unsyncedBytes > 0);
    this.reads.flush(this.core);
    if (this.core.hasReady()) this.#handle(this.core.ready());
    else if (this.#news.waits) this.send(this.#news.pass([]));
    this.transfers.check();
    if (this.leadership.isLeader) this.#resignation.check();
    if (this.core.hasReady() || this.#news.waits) this.schedule();
  }

  #handle(ready: Ready): void {
    this.#leadership.observe();
    this.send(this.#news.pass(ready.messages));
    if (ready.storageAppend !== undefined) this.appendLane.submit(ready.storageAppend, ready.mustSync);
    // A leader's callers wait for what is applied; a follower's leader waits for what is written.
    const answersFirst = ready.storageAppend !== undefined && !this.leadership.isLeader;
    if (ready.storageApply !== undefined) this.applyLane.submit(ready.storageApply, answersFirst);
    for (const state of ready.readStates) this.reads.confirmed(state, this.applyLane.applied);
    for (const request of ready.reads) this.#read(request);
    if (ready.snapshotWanted) this.snapshotter.wanted();
  }

  #read({ id, lo, hi, maxBytes }: ReadRequest): void {
    this.modules.log.read(lo, hi, maxBytes).then(
      (entries) => {
        this.guard(() => this.core.entriesRead(id, entries));
        this.schedule();
      },
      (error: unknown) => this.fatal(error),
    );
  }

  #tick(tick: Tick): void {
    const nowMs = this.modules.clock.monotonicMs();
    if (tick.stalled) this.#stalled(tick.gapMs);
    if (this.core.basicStatus().role === 'leader') {
      // Right after a stall the acknowledgements lie in the sockets: the quorum is looked at one tick later.
      const skip = tick.stalled && !this.#skippedTick;
      this.#skippedTick = skip;
      if (!skip) this.core.tick();
      this.reads.renewLease(this.core);
      this.catchUps.tick(nowMs);
      this.#resignation.tick();
    } else {
      this.core.tick();
    }
    this.appendLane.tick();
    this.reads.expire(nowMs, this.options.readTimeoutElections * this.electionMs);
    this.snapshotter.tick(nowMs);
    this.disk.tick(nowMs);
    setGauges(this.metrics, this.core.basicStatus(), this.applyLane.applied);
    this.schedule();
  }

  #stalled(gapMs: number): void {
    this.metrics.stalls.add(1);
    this.emitter.emit('stall', { gapMs });
    const { role, term } = this.core.basicStatus();
    if (role === 'leader' && gapMs > this.options.leaseTimeoutMs) this.emitter.emit('leaderSuspect', { term, gapMs });
  }

  #applyHooks(): ConstructorParameters<typeof ApplyLane>[1] {
    return {
      settle: (entry, value) => {
        this.transfer.observe(entry.term);
        this.proposals.settle(entry.index, entry.term, value);
      },
      applyConfChange: (entry) => this.#applyConfChange(entry),
      applied: (index) => {
        this.reads.appliedTo(index);
        if (this.#alone) this.window.release(index);
      },
    };
  }

  #applyConfChange(entry: Entry): Promise<void> | undefined {
    this.transfer.observe(entry.term);
    const pending = applyTransferStep(this, entry, this.transfer);
    if (pending !== undefined) return pending.then((outcome) => this.#confApplied(entry, outcome));
    const outcome = applyConfEntry(this, entry, this.#context.onForget);
    if (!(outcome instanceof Error)) this.#configurationChanged(entry.index, outcome);
    this.#confApplied(entry, outcome);
    if (entry.index === FOUNDING_INDEX && this.#campaignWhenFounded) campaignAsFounder(this);
    return undefined;
  }

  #confApplied(entry: Entry, outcome: ConfState | Error): void {
    this.membership.applied(entry, outcome);
    this.proposals.settle(entry.index, entry.term, undefined);
  }

  #configurationChanged(index: number, conf: ConfState): void {
    const members = this.members.list();
    this.#alone = members.length === 1;
    this.modules.stateMachine.configuration?.(index, conf, members);
    this.emitter.emit('configuration', { index, conf, members });
  }

  #trace(event: TraceEvent): void {
    if (event.kind === 'confChangeRefused') this.membership.refused(event.reason);
    if (event.kind === 'transferStarted') this.reads.dropLease();
    if (event.kind === 'timeoutNowSent') {
      this.transfers.told();
      this.#resignation.relieved();
    }
    if (event.kind === 'recoveryContradicted') this.#context.onContradiction(this);
    this.#context.marks.observe(event, (error) => this.fatal(error));
    reportTrace(event, this.modules.logger);
  }
}
