import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I8: positions in a log keep their order. */
export class LogPositions implements Checker {
  readonly name = 'I8 log positions';

  stepped(server: ServerView): void {
    const { applied, applying, commit, firstIndex, lastIndex, stable } = server;
    const ok =
      applied <= applying &&
      applying <= commit &&
      commit <= lastIndex &&
      stable <= lastIndex &&
      (firstIndex <= applied + 1 || server.snapshotIndex > applied) &&
      (!server.asyncStorage || applying <= stable);
    must(
      ok,
      this.name,
      () =>
        `${server.id}: first ${firstIndex} applied ${applied} ${applying} commit ${commit} stable ${stable} last ${lastIndex}`,
    );
  }
}
