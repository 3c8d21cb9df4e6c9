import type { Message } from '../../core/index.ts';
import type { Checker, IdleView } from './checker.ts';
import { must } from './violation.ts';

/** I17: an idle cluster sends heartbeats only, and its queues are empty. */
export class Quiescence implements Checker {
  readonly name = 'I17 quiescence';

  idleSent(message: Message): void {
    const { type, from, to } = message;
    must(type === 'Heartbeat' || type === 'HeartbeatResp', this.name, () => `${type} from ${from} to ${to} while idle`);
  }

  idle(server: IdleView): void {
    const { id, unstableEntries, pendingReads, queuedReads, uncommittedSize } = server;
    must(
      unstableEntries + pendingReads + queuedReads + uncommittedSize === 0,
      this.name,
      () =>
        `${id}: ${unstableEntries} unstable, ${pendingReads} + ${queuedReads} reads, ${uncommittedSize} bytes uncommitted`,
    );
  }
}
