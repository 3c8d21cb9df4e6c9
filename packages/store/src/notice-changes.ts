import type { ApplyEvent, ExecutionId, Notice, NoticeChannel } from '@dkron/jobs';
import { tellsOutput } from '@dkron/jobs';
import { Overlay } from './overlay.ts';
import type { Notices } from './notices.ts';

interface Tally {
  count: number;
  outputBytes: number;
  /** Oldest first: what was there before this batch, then what was added. Those that are gone by now are skipped. */
  readonly ids: Iterator<bigint>;
  readonly added: bigint[];
}

/** What notices need of the transaction that they are part of. */
export interface NoticeModules {
  readonly nextId: () => bigint;
  /** Undefined removes. */
  readonly write: (id: bigint, notice: Notice | undefined) => void;
  readonly tell: (event: ApplyEvent) => void;
  /** Nobody is to be told of it any more: it goes unless its execution is kept. */
  readonly dropOutput: (id: ExecutionId) => void;
}

export interface NoticeLimits {
  readonly count: number;
  readonly outputBytes: number;
}

/** Notices as a transaction sees and changes them. */
export class NoticeChanges {
  readonly #notices: Notices;
  readonly #modules: NoticeModules;
  readonly #changes: Overlay<bigint, Notice>;
  readonly #added = new Map<ExecutionId, Set<bigint>>();
  readonly #tallies = new Map<NoticeChannel, Tally>();

  constructor(notices: Notices, modules: NoticeModules) {
    this.#notices = notices;
    this.#modules = modules;
    this.#changes = new Overlay((id) => notices.get(id));
  }

  get(id: bigint): Notice | undefined {
    return this.#changes.get(id);
  }

  /** Of an execution, in order of id. */
  of(id: ExecutionId): Notice[] {
    const ids = new Set([...this.#notices.ofExecution(id), ...(this.#added.get(id) ?? [])]);
    return [...ids].sort((a, b) => (a < b ? -1 : 1)).flatMap((one) => this.get(one) ?? []);
  }

  /** Whether somebody is still to be told what it printed. */
  keepOutput(id: ExecutionId): boolean {
    // Asked with every execution that goes: it costs nothing where nobody is told.
    return this.#notices.size + this.#added.size > 0 && this.of(id).some(keepsOutput);
  }

  /** Of more than the limits of its channel, the oldest go. */
  add(made: Omit<Notice, 'id'>, limits: NoticeLimits): void {
    const notice: Notice = { id: this.#modules.nextId(), ...made };
    const { id, execution, channel, outputBytes } = notice;
    this.#set(id, notice);
    const ids = this.#added.get(execution.id) ?? new Set<bigint>();
    this.#added.set(execution.id, ids.add(id));
    const tally = this.#tally(channel);
    tally.count += 1;
    tally.outputBytes += outputBytes;
    tally.added.push(id);
    this.#modules.tell({ type: 'notice', notice, change: 'added' });
    for (let oldest = this.#excess(tally, limits); oldest !== undefined; oldest = this.#excess(tally, limits)) {
      this.remove(oldest.id, 'evicted');
    }
  }

  /** @param notice one that is kept, with other times */
  defer(notice: Notice): void {
    this.#set(notice.id, notice);
    this.#modules.tell({ type: 'notice', notice, change: 'deferred' });
  }

  /** With the output that was kept for it alone. */
  remove(id: bigint, change: 'removed' | 'evicted' = 'removed'): void {
    const notice = this.get(id);
    if (notice === undefined) return;
    this.#set(id, undefined);
    const tally = this.#tally(notice.channel);
    tally.count -= 1;
    tally.outputBytes -= notice.outputBytes;
    this.#modules.tell({ type: 'notice', notice, change });
    const { id: executionId } = notice.execution;
    if (keepsOutput(notice) && !this.keepOutput(executionId)) this.#modules.dropOutput(executionId);
  }

  commit(): void {
    // New ones in order of id, as they are kept; what replaces an older one goes to its place.
    for (const [id, notice] of this.#changes.changes()) this.#notices.set(id, notice);
  }

  #set(id: bigint, notice: Notice | undefined): void {
    this.#changes.set(id, notice);
    this.#modules.write(id, notice);
  }

  /** What has to go next; the newest one may stay whatever its size. */
  #excess(tally: Tally, limits: NoticeLimits): Notice | undefined {
    if (tally.count <= 1 || (tally.count <= limits.count && tally.outputBytes <= limits.outputBytes)) return undefined;
    for (let next = tally.ids.next(); next.done !== true; next = tally.ids.next()) {
      const notice = this.get(next.value);
      if (notice !== undefined) return notice;
    }
    return undefined;
  }

  #tally(channel: NoticeChannel): Tally {
    let tally = this.#tallies.get(channel);
    if (tally === undefined) {
      const { byId, outputBytes } = this.#notices.of(channel);
      const added: bigint[] = [];
      tally = { count: byId.size, outputBytes, ids: oldestFirst(byId, added), added };
      this.#tallies.set(channel, tally);
    }
    return tally;
  }
}

function* oldestFirst(before: ReadonlyMap<bigint, Notice>, added: readonly bigint[]): Generator<bigint> {
  yield* before.keys();
  for (let at = 0; at < added.length; at++) yield added[at]!;
}

function keepsOutput({ event, channel }: Notice): boolean {
  return event === 'end' && tellsOutput(channel);
}
