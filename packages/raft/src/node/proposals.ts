import type { RaftCore } from '../core/raft/raft-core.ts';
import type { Proposed } from '../core/raft/proposals.ts';
import { EntryType } from '../core/types.ts';
import { checkData } from '../core/arguments.ts';
import { leadershipLost, notLeader, RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { Ring } from './ring.ts';

/** A command that took effect. */
export interface ApplyResult {
  readonly index: number;
  readonly term: number;
  /** What the state machine of this server returned; undefined for barriers. */
  readonly value: unknown;
}

/** What one caller proposed: consecutive entries, settled together. */
interface Proposal {
  readonly entries: readonly Proposed[];
  readonly bytes: number;
  /** One entry: resolved with its result instead of a list. */
  readonly single: boolean;
  readonly resolve: (results: ApplyResult | ApplyResult[]) => void;
  readonly reject: (error: Error) => void;
  /** So far; of several entries. */
  readonly results: ApplyResult[];
  firstIndex: number;
  term: number;
}

const NO_DATA = new Uint8Array(0);
const NO_RESULTS: ApplyResult[] = [];
/** The entry that a barrier commits. */
export const BARRIER: Proposed = { type: EntryType.normal, data: NO_DATA };

/**
 * Commands from the call to their application here. What is proposed in one turn of the event loop is appended together;
 * a caller costs one promise and one object, however many commands it brings.
 */
export class Proposals {
  readonly #host: Host;
  readonly #waiting = new Ring<Proposal>();
  /** Ascending by index. */
  readonly #inFlight = new Ring<Proposal>();
  #bytes = 0;
  /** Callers answered since something was proposed last. */
  #answered = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Callers that are not answered yet. */
  get size(): number {
    return this.#waiting.size + this.#inFlight.size;
  }

  /** Whether some are not proposed yet. */
  get wait(): boolean {
    return this.#waiting.size > 0;
  }

  /** Queues entries of one caller. Rejects with `RaftError`. */
  add(entries: readonly Proposed[]): Promise<ApplyResult[]> {
    return this.#add(entries, false) as Promise<ApplyResult[]>;
  }

  /** Queues one entry. */
  addOne(entry: Proposed): Promise<ApplyResult> {
    return this.#add([entry], true) as Promise<ApplyResult>;
  }

  #add(entries: readonly Proposed[], single: boolean): Promise<ApplyResult | ApplyResult[]> {
    return new Promise((resolve, reject) => {
      const bytes = this.#check(entries);
      this.#bytes += bytes;
      // Where callers are answered by the dozen, the others are about to ask too: they are waited for.
      const alone = this.size === 0 && this.#answered <= 1;
      this.#waiting.push({
        entries,
        bytes,
        single,
        resolve,
        reject,
        results: single ? NO_RESULTS : [],
        firstIndex: 0,
        term: 0,
      });
      if (alone) this.#host.hasten();
      else this.#host.schedule();
    });
  }

  /**
   * Proposes what was queued since the last turn.
   * @param writing the log's disk is busy with entries; when it is done, there is another turn
   */
  flush(core: RaftCore, writing: boolean): void {
    if (this.#waiting.size === 0) return;
    const { role, lead, leadTransferee, term } = core.basicStatus();
    if (writing && role === 'leader' && this.#host.options.gatherWhileWriting) return;
    this.#answered = 0;
    const error =
      role !== 'leader'
        ? notLeader(lead, this.#host.address(lead))
        : leadTransferee !== ''
          ? transferring()
          : undefined;
    while (this.#waiting.size > 0) {
      const group = this.#nextGroup();
      if (error !== undefined) this.#rejectAll(group, error);
      else this.#propose(core, group, term);
    }
  }

  /** An entry was applied here. */
  settle(index: number, term: number, value: unknown): void {
    for (let head = this.#inFlight.peek(); head !== undefined; head = this.#inFlight.peek()) {
      if (index < head.firstIndex) return;
      const last = head.firstIndex + head.entries.length - 1;
      if (index <= last && term === head.term) {
        const result = { index, term, value };
        if (!head.single) head.results.push(result);
        if (index === last) {
          this.#finish();
          head.resolve(head.single ? result : head.results);
        }
        return;
      }
      // Another leader's entry stands where ours was to be.
      this.#finish();
      this.#count('leadership_lost');
      head.reject(leadershipLost(head.term));
    }
  }

  /** This server leads no more: what is under way may still be committed by another. */
  loseLeadership(term: number): void {
    this.#rejectAll(this.#inFlight.drain(), leadershipLost(term));
  }

  /** Nothing will be answered any more. */
  close(error: Error): void {
    this.#rejectAll([...this.#inFlight.drain(), ...this.#waiting.drain()], error);
  }

  #check(entries: readonly Proposed[]): number {
    const { maxEntryBytes, maxPendingProposals, maxUncommittedBytes } = this.#host.options;
    let bytes = 0;
    for (const { data } of entries) {
      checkData(data);
      if (data.byteLength > maxEntryBytes) {
        const text = `a command of ${data.byteLength} bytes; at most ${maxEntryBytes} are allowed (maxEntryBytes)`;
        throw new RaftError('entry_too_large', text, { bytes: data.byteLength, maxEntryBytes });
      }
      bytes += data.byteLength;
    }
    const full = this.size >= maxPendingProposals || (this.#bytes > 0 && this.#bytes + bytes > maxUncommittedBytes);
    if (full) throw this.#overloaded();
    return bytes;
  }

  /** Callers whose entries fit one append; one at least. */
  #nextGroup(): Proposal[] {
    const group: Proposal[] = [];
    let bytes = 0;
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      if (group.length > 0 && bytes + next.bytes > this.#host.options.maxAppendBytes) break;
      bytes += next.bytes;
      group.push(next);
      this.#waiting.shift();
    }
    return group;
  }

  #propose(core: RaftCore, group: readonly Proposal[], term: number): void {
    let index = core.log.lastIndex() + 1;
    const entries = group.length === 1 ? group[0]!.entries : group.flatMap((proposal) => proposal.entries);
    if (core.proposeEntries(entries) !== 'ok') {
      this.#rejectAll(group, this.#overloaded());
      return;
    }
    this.#host.metrics.proposals.add(entries.length);
    for (const proposal of group) {
      proposal.firstIndex = index;
      proposal.term = term;
      index += proposal.entries.length;
      this.#inFlight.push(proposal);
    }
  }

  #finish(): void {
    const proposal = this.#inFlight.shift();
    this.#answered += 1;
    this.#bytes -= proposal?.bytes ?? 0;
  }

  #rejectAll(proposals: readonly Proposal[], error: Error): void {
    for (const proposal of proposals) {
      this.#bytes -= proposal.bytes;
      this.#count(error instanceof RaftError ? error.code : 'failed');
      proposal.reject(error);
    }
  }

  #count(code: string): void {
    this.#host.metrics.refused.add(1, { code });
  }

  #overloaded(): RaftError {
    const details = { pending: this.size, bytes: this.#bytes };
    const text = `too much is under way (${details.pending} callers, ${details.bytes} bytes); nothing was proposed, try again later`;
    return new RaftError('overloaded', text, details);
  }
}

/** Leadership is being handed over. */
export function transferring(): RaftError {
  return new RaftError('leadership_transfer', 'leadership is being handed over; nothing was proposed', {});
}
