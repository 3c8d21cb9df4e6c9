import type { NodeId } from '@dkron/raft';
import type { StreamContext } from '../context.ts';
import { TransportError } from '../errors.ts';
import { serveSnapshot } from './incoming-snapshot.ts';
import type { SnapshotStream } from './incoming-snapshot.ts';

/** Takes snapshots of peers, a few at a time and one of each. */
export class SnapshotReceiver {
  readonly #max: number;
  readonly #underWay = new Map<NodeId, { readonly stop: () => void; readonly ended: Promise<void> }>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Rejects with `snapshot_busy`, on which the sender tries again, or with what went wrong. */
  async take(stream: SnapshotStream, context: StreamContext): Promise<void> {
    const { from } = stream.peer;
    // A peer that comes again has lost its last stream, whether or not that is known here: what it brought is kept first.
    for (let older = this.#underWay.get(from); older !== undefined; older = this.#underWay.get(from)) {
      older.stop();
      await older.ended;
    }
    if (this.#underWay.size >= this.#max) {
      throw new TransportError('snapshot_busy', `${this.#max} snapshots are being taken already`, { from });
    }
    const taken = serveSnapshot(stream, context);
    const ended = taken.catch(() => {}).then(() => void this.#underWay.delete(from));
    this.#underWay.set(from, { stop: () => stream.reader.end(), ended });
    await taken;
  }
}
