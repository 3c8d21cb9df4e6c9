import type { RaftCore } from '../core/raft/raft-core.ts';
import type { ReadState } from '../core/raft/state.ts';
import { leadershipLost, notLeader, RaftError } from './errors.ts';
import type { Host } from './host.ts';

type Kind = 'verify' | 'index';

interface Waiting {
  readonly kind: Kind;
  readonly resolve: (index: number) => void;
  readonly reject: (error: Error) => void;
}

/** Reads asked for in one turn of the event loop: they share a round. */
interface Round {
  readonly startMs: number;
  /** False once the lease was dropped: a round begun before must not bring it back. */
  renews: boolean;
  readonly waiting: readonly Waiting[];
}

const MAX_LEASE_ROUNDS = 20;
/** Rounds of one life are numbered from a multiple of this. */
const ROUNDS_OF_A_LIFE = 2 ** 20;
const LIVES = 2 ** 32;

/**
 * Linearizable reads, and the leader's lease. Every tick a leader begins a round of heartbeats; the lease lasts from the
 * **start** of the last round that a majority answered, by real time, so that no stall can prolong it.
 */
export class Reads {
  readonly #host: Host;
  #queued: Waiting[] = [];
  /** By number, ascending. Rounds without readers are for the lease alone. */
  readonly #rounds = new Map<number, Round>();
  /** Begins anywhere: an answer to what this server asked before it was restarted must not confirm what it asks now. */
  #nextRound: number;
  /** Confirmed reads that wait for the state machine; ascending by index is not needed, there are few. */
  #confirmed: { readonly index: number; readonly waiting: Waiting }[] = [];
  #leaseStartMs = -Infinity;
  /** Callers that are not answered yet. */
  #pending = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#nextRound = 1 + ROUNDS_OF_A_LIFE * host.modules.random.nextInt(LIVES);
  }

  /** Start of the newest round that a majority answered while this server led; `-Infinity` before the first. */
  get leaseStartMs(): number {
    return this.#leaseStartMs;
  }

  /** Resolves with an index: what is applied up to there answers the read. */
  add(kind: Kind): Promise<number> {
    if (this.#pending >= this.#host.options.maxPendingProposals) {
      throw new RaftError('overloaded', `${this.#pending} reads are under way already; try again later`, {});
    }
    this.#pending += 1;
    const read = new Promise<number>((resolve, reject) => {
      this.#queued.push({ kind, resolve, reject });
      this.#host.schedule();
    });
    return read.finally(() => (this.#pending -= 1));
  }

  /** Starts the round of the reads queued since the last turn. */
  flush(core: RaftCore): void {
    if (this.#queued.length === 0) return;
    const { role, lead } = core.basicStatus();
    const queued = this.#queued;
    this.#queued = [];
    const allowed = queued.filter(({ kind, reject }) => {
      const refused = lead === '' || (kind === 'verify' && role !== 'leader');
      if (refused) reject(notLeader(lead, this.#host.address(lead)));
      return !refused;
    });
    if (allowed.length > 0) this.#start(core, allowed);
  }

  /** A heartbeat round for the lease. Rounds still open are confirmed by any later one. */
  renewLease(core: RaftCore): void {
    if (this.#rounds.size < MAX_LEASE_ROUNDS) this.#start(core, []);
  }

  /** The core confirmed a round. */
  confirmed(state: ReadState, applied: number): void {
    const number = numberOf(state.context);
    const round = this.#rounds.get(number);
    if (round === undefined) return;
    this.#rounds.delete(number);
    if (round.renews && this.#host.core.basicStatus().role === 'leader')
      this.#leaseStartMs = Math.max(this.#leaseStartMs, round.startMs);
    for (const waiting of round.waiting) {
      if (waiting.kind === 'verify') waiting.resolve(state.index);
      else this.#confirmed.push({ index: state.index, waiting });
    }
    this.appliedTo(applied);
  }

  appliedTo(applied: number): void {
    if (this.#confirmed.length === 0) return;
    this.#confirmed = this.#confirmed.filter(({ index, waiting }) => {
      if (index <= applied) waiting.resolve(index);
      return index > applied;
    });
  }

  /** Drops the lease: leadership is lost or being handed over. */
  dropLease(): void {
    this.#leaseStartMs = -Infinity;
    for (const round of this.#rounds.values()) round.renews = false;
  }

  /** Another leader, or none: rounds under way will never be answered. */
  leaderChanged(term: number): void {
    this.dropLease();
    this.#rejectRounds(always, () => leadershipLost(term));
  }

  /** Gives up what waits for too long. */
  expire(nowMs: number, timeoutMs: number): void {
    const expired = ({ startMs }: Round): boolean => nowMs - startMs > timeoutMs;
    const text = `no majority confirmed the read within ${timeoutMs} ms`;
    this.#rejectRounds(expired, () => new RaftError('timeout', text, { timeoutMs }));
  }

  close(error: Error): void {
    this.#rejectRounds(always, () => error);
    for (const { waiting } of this.#confirmed.splice(0)) waiting.reject(error);
    for (const waiting of this.#queued.splice(0)) waiting.reject(error);
  }

  #start(core: RaftCore, waiting: readonly Waiting[]): void {
    const number = this.#nextRound++;
    this.#rounds.set(number, { startMs: this.#host.modules.clock.monotonicMs(), renews: true, waiting });
    core.readIndex(contextOf(number));
  }

  /** Errors are made for readers only: most rounds have none, and this is looked at every tick. */
  #rejectRounds(which: (round: Round) => boolean, error: () => Error): void {
    for (const [number, round] of this.#rounds) {
      if (!which(round)) continue;
      this.#rounds.delete(number);
      for (const { reject } of round.waiting) reject(error());
    }
  }
}

function always(): boolean {
  return true;
}

function contextOf(round: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, round, true);
  return bytes;
}

function numberOf(context: Uint8Array): number {
  if (context.length !== 8) return 0;
  return new DataView(context.buffer, context.byteOffset, 8).getFloat64(0, true);
}
