import type { Message, NodeId } from '../../core/index.ts';
import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I14: only voters, by the membership they have applied, campaign or, where told so, lead. */
export class Candidacy implements Checker {
  readonly name = 'I14 candidacy';
  readonly #candidates = new Set<NodeId>();

  stepped(server: ServerView): void {
    if (server.role !== 'leader' || !server.stepDownOnRemoval) return;
    must(server.isVoter, this.name, () => `${server.id} leads term ${server.term}, no voter any more`);
  }

  becameCandidate(server: ServerView): void {
    must(
      server.isVoter && !server.isLearner,
      this.name,
      () => `${server.id} campaigns in term ${server.term}, no voter`,
    );
    must(
      !server.changesUnapplied(),
      this.name,
      () => `${server.id} campaigns in term ${server.term} with a committed membership change to apply`,
    );
    this.#candidates.add(server.id);
  }

  sent(from: NodeId, message: Message): void {
    if (message.type !== 'Vote' && message.type !== 'PreVote') return;
    must(this.#candidates.has(from), this.name, () => `${from} asks for votes and never became candidate`);
  }
}
