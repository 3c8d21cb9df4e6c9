import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I12: the account of uncommitted payload is never negative, 0 when nothing is left, and never in the way of nothing. */
export class UncommittedSize implements Checker {
  readonly name = 'I12 uncommitted size';

  stepped(server: ServerView): void {
    const { id, role, uncommittedSize, applied, lastIndex } = server;
    must(uncommittedSize >= 0, this.name, () => `${id}: ${uncommittedSize}`);
    must(
      role !== 'leader' || applied < lastIndex || uncommittedSize === 0,
      this.name,
      () => `${id}: ${uncommittedSize} bytes although everything is applied`,
    );
  }

  emptyRefused(server: ServerView): void {
    must(false, this.name, () => `${server.id} refused an entry without payload`);
  }
}
