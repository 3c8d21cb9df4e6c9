import type { Message, NodeId } from '../../core/index.ts';
import type { Checker, DurableView, ServerView } from './checker.ts';
import { must } from './violation.ts';

interface Promised {
  term: number;
  readonly votes: Map<number, NodeId>;
  /** Term of the last acknowledgement. */
  inTerm: number;
  ackedIndex: number;
  ackedTerm: number;
}

/**
 * I7: what a server told others is on its disk after any crash: its term, its votes, the entries it acknowledged unless
 * a later leader replaced them.
 */
export class Durability implements Checker {
  readonly name = 'I7 durability';
  readonly #promises = new Map<NodeId, Promised>();

  sent(from: NodeId, message: Message, durable: DurableView): void {
    const promise = this.#of(from);
    switch (message.type) {
      case 'VoteResp':
        promise.term = Math.max(promise.term, message.term);
        if (!message.reject) this.#promiseVote(from, promise, message);
        break;
      case 'AppResp':
        promise.term = Math.max(promise.term, message.term);
        if (message.reject || message.index === 0) break;
        promise.inTerm = message.term;
        promise.ackedIndex = message.index;
        promise.ackedTerm = durable.termAt(message.index) ?? 0;
        break;
      default:
    }
  }

  stepped(server: ServerView): void {
    const { id, term, stable, lastIndex, firstIndex, installing } = server;
    const promise = this.#promises.get(id);
    must(
      promise === undefined || promise.inTerm !== term || installing || lastIndex >= promise.ackedIndex,
      this.name,
      () => `${id} acknowledged entry ${promise!.ackedIndex} in term ${term}, its log ends at ${lastIndex}`,
    );
    if (installing || stable < firstIndex) return;
    const own = server.termAt(stable);
    const onDisk = server.durableTermAt(stable);
    must(
      own === onDisk,
      this.name,
      () => `${id} believes entry ${stable} of term ${own} to be durable, on the disk is one of term ${onDisk}`,
    );
  }

  restarted(server: NodeId, durable: DurableView): void {
    const { term, votes, ackedIndex, ackedTerm } = this.#of(server);
    must(durable.term >= term, this.name, () => `${server} was in term ${term}, is in ${durable.term} after a crash`);
    const vote = votes.get(durable.term);
    must(
      vote === undefined || vote === durable.vote,
      this.name,
      () => `${server} voted for ${vote} in term ${durable.term}, after a crash for ${durable.vote || 'nobody'}`,
    );
    must(
      durable.commit <= durable.lastIndex,
      this.name,
      () => `commit ${durable.commit} of ${server} is beyond its last entry ${durable.lastIndex}`,
    );
    if (ackedIndex <= durable.boundary) return;
    const found = durable.termAt(ackedIndex);
    const lastTerm = durable.termAt(durable.lastIndex) ?? 0;
    must(
      found === ackedTerm || lastTerm > ackedTerm,
      this.name,
      () => `${server} acknowledged entry ${ackedIndex} of term ${ackedTerm} and lost it in a crash`,
    );
  }

  #promiseVote(from: NodeId, { votes }: Promised, { term, to }: Message): void {
    const before = votes.get(term);
    must(
      before === undefined || before === to,
      this.name,
      () => `${from} votes for ${before} and ${to} in term ${term}`,
    );
    votes.set(term, to);
  }

  #of(id: NodeId): Promised {
    let promise = this.#promises.get(id);
    if (promise === undefined) {
      promise = { term: 0, votes: new Map(), inTerm: 0, ackedIndex: 0, ackedTerm: 0 };
      this.#promises.set(id, promise);
    }
    return promise;
  }
}
