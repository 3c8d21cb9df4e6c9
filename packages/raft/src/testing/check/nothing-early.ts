import type { Message, NodeId } from '../../core/index.ts';
import type { Checker, DurableView } from './checker.ts';
import { must } from './violation.ts';

/** I15: nothing leaves that depends on what is not durable yet: acknowledgements, votes, terms. */
export class NothingEarly implements Checker {
  readonly name = 'I15 nothing early';

  sent(from: NodeId, message: Message, durable: DurableView): void {
    switch (message.type) {
      case 'VoteResp':
        must(
          message.term <= durable.term,
          this.name,
          () => `${from} votes in term ${message.term}, ${durable.term} is durable`,
        );
        must(
          message.reject || message.term < durable.term || durable.vote === message.to,
          this.name,
          () => `${from} votes for ${message.to}, durable is the vote for ${durable.vote || 'nobody'}`,
        );
        break;
      case 'AppResp': {
        must(
          message.term <= durable.term,
          this.name,
          () => `${from} answers in term ${message.term}, ${durable.term} is durable`,
        );
        if (message.reject) break;
        must(
          // Writes may be joined: a later leader's entries may have replaced these in the same write.
          message.index <= durable.lastIndex || message.term < durable.term,
          this.name,
          () => `${from} acknowledges ${message.index}, durable is ${durable.lastIndex}`,
        );
        break;
      }
      default:
    }
  }
}
