import { NO_JOURNAL } from '@dkron/jobs';
import type { Due, ExecutionUpdate, HelloItem, ToServer, ToWorker, Verdict } from '@dkron/jobs';
import type { Context } from '../context.ts';
import type { NodeBook } from './node-book.ts';
import { reconcile } from './reconcile.ts';
import type { Reconciled } from './reconcile.ts';
import type { SlotHolds } from './slot-holds.ts';
import type { UpdateBatcher } from './update-batcher.ts';

/** Setting that remembers which journal a node's dispatches went to. */
export function journalKey(node: string): string {
  return `worker-journal/${node}`;
}

interface Parts {
  readonly updates: UpdateBatcher;
  readonly holds: SlotHolds;
  readonly book: NodeBook;
}

/**
 * Compares a hello with the state and commits what follows, before the node may forget anything. Leaves the book with
 * what the node holds and what is to be sent.
 *
 * @returns the welcome
 * @throws when a commit is not known to have happened: the node has to say hello again
 */
export async function greet(
  context: Context,
  { updates, holds, book }: Parts,
  hello: Extract<ToServer, { type: 'hello' }>,
  session: string,
): Promise<readonly ToWorker[]> {
  const { view, log, clock, stamps, settings } = context;
  const journal = view.getSetting(journalKey(hello.node));
  const sameJournal = journal === undefined || journal === hello.journal;
  const items = new Map(hello.items.map((item) => [item.id, item]));
  const ids = new Set([...book.sent, ...book.unsent.keys(), ...items.keys()]);
  const now = clock.wallNanos();
  const steps: Reconciled[] = [];
  for (const id of ids) {
    const execution = view.getExecution(id);
    const mine = execution?.nodeName === hello.node ? execution : undefined;
    const step = reconcile(mine, items.get(id), sameJournal, now);
    if (step !== undefined) steps.push(step);
  }
  const verdictOf = new Map(steps.map(({ id, verdict }) => [id, verdict]));
  const held = hello.journal === NO_JOURNAL ? [] : holds.of(hello.node);
  const gone = held.filter((due) => hasEnded(due, items.get(due.executionId), verdictOf));
  const [verdicts] = await Promise.all([
    Promise.all(steps.map((step) => settle(updates, step))),
    Promise.all(gone.map((due) => holds.confirm(due))),
  ]);
  if (journal !== hello.journal) {
    await log.propose({ type: 'putSetting', stamp: stamps.next(), key: journalKey(hello.node), value: hello.journal });
  }
  steps.forEach((step, index) => place(context, book, step, verdicts[index]));
  return [
    {
      type: 'welcome',
      clusterId: settings.clusterId(),
      term: log.term(),
      session,
      leaseMs: settings.leaseMs,
      verdicts: steps.flatMap(({ id, attempt }, index) => {
        const verdict = verdicts[index];
        return verdict === undefined ? [] : [{ id, attempt, verdict }];
      }),
    },
  ];
}

/** Whether the node's hello says that the attempt runs no more. A result that is to come says so itself. */
function hasEnded(
  { attempt }: Due,
  item: HelloItem | undefined,
  verdictOf: ReadonlyMap<string, Verdict | undefined>,
): boolean {
  if (item === undefined || item.attempt !== attempt) return true;
  if (item.state === 'accepted' || item.state === 'running') return false;
  return verdictOf.get(item.id) !== 'resend';
}

async function settle(updates: UpdateBatcher, step: Reconciled): Promise<Verdict | undefined> {
  if (step.update === null) return step.verdict;
  const result = await updates.add(step.update as ExecutionUpdate);
  return result === 'dropped' && step.verdictIfDropped !== undefined ? step.verdictIfDropped : step.verdict;
}

/** What the node holds takes a slot; what it never journaled goes back to the queue. */
function place({ clock, view }: Context, book: NodeBook, step: Reconciled, verdict: Verdict | undefined): void {
  const { id } = step;
  if (step.dispatch) {
    book.sent.delete(id);
    const execution = view.getExecution(id);
    if (execution?.state === 'pending') book.update(execution, clock.monotonicMs());
  } else if (verdict === 'keep' || verdict === 'resend') {
    const state = view.getExecution(id)?.state;
    if (state === 'pending' || state === 'running') book.markSent(id);
  }
}
