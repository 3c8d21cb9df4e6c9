import type { ExecutionId, Notice, NoticeChannel } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';

/** Notices of one channel, and what they make the store keep. */
export interface ChannelNotices {
  /** In order of id. */
  readonly byId: Map<bigint, Notice>;
  outputBytes: number;
}

/** What is still to be told, bounded per channel. */
export class Notices {
  readonly #channels: ReadonlyMap<NoticeChannel, ChannelNotices> = new Map(
    NOTICE_CHANNELS.map((channel) => [channel, { byId: new Map<bigint, Notice>(), outputBytes: 0 }]),
  );
  readonly #channelOf = new Map<bigint, NoticeChannel>();
  readonly #ofExecution = new Map<ExecutionId, Set<bigint>>();

  get size(): number {
    return this.#channelOf.size;
  }

  get(id: bigint): Notice | undefined {
    const channel = this.#channelOf.get(id);
    return channel === undefined ? undefined : this.of(channel).byId.get(id);
  }

  of(channel: NoticeChannel): ChannelNotices {
    return this.#channels.get(channel)!;
  }

  ofExecution(id: ExecutionId): Iterable<bigint> {
    return this.#ofExecution.get(id) ?? [];
  }

  /** In order of id. */
  list(): Notice[] {
    const all = [...this.#channels.values()].flatMap(({ byId }) => [...byId.values()]);
    return all.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** New ones come in order of id; undefined removes. */
  set(id: bigint, notice: Notice | undefined): void {
    this.#forget(id, notice);
    if (notice === undefined) return;
    const channel = this.of(notice.channel);
    channel.byId.set(id, notice);
    channel.outputBytes += notice.outputBytes;
    this.#channelOf.set(id, notice.channel);
    const ids = this.#ofExecution.get(notice.execution.id) ?? new Set();
    this.#ofExecution.set(notice.execution.id, ids.add(id));
  }

  /** @param next takes its place, and so keeps its position */
  #forget(id: bigint, next: Notice | undefined): void {
    const before = this.get(id);
    if (before === undefined) return;
    const channel = this.of(before.channel);
    channel.outputBytes -= before.outputBytes;
    if (next !== undefined) return;
    channel.byId.delete(id);
    this.#channelOf.delete(id);
    const ids = this.#ofExecution.get(before.execution.id);
    ids?.delete(id);
    if (ids?.size === 0) this.#ofExecution.delete(before.execution.id);
  }
}
