import type { Due, ExecutionId, NodeName } from '@dkron/jobs';
import type { Context } from '../context.ts';
import type { UpdateBatcher } from './update-batcher.ts';

/**
 * Slots kept by attempts that were given up and may still run: due records of kind `hold`, by their node. They end by
 * the node's word, when it leaves, or when their time is over.
 */
export class SlotHolds {
  readonly #context: Context;
  readonly #updates: UpdateBatcher;
  readonly #byNode = new Map<NodeName, Map<bigint, Due>>();
  readonly #releasing = new Set<bigint>();

  constructor(context: Context, updates: UpdateBatcher) {
    this.#context = context;
    this.#updates = updates;
  }

  add(due: Due): void {
    const holds = this.#byNode.get(due.nodeName);
    if (holds === undefined) this.#byNode.set(due.nodeName, new Map([[due.id, due]]));
    else holds.set(due.id, due);
  }

  remove(due: Due): void {
    const holds = this.#byNode.get(due.nodeName);
    if (holds?.delete(due.id) === true && holds.size === 0) this.#byNode.delete(due.nodeName);
  }

  clear(): void {
    this.#byNode.clear();
    this.#releasing.clear();
  }

  of(node: NodeName): readonly Due[] {
    return [...(this.#byNode.get(node)?.values() ?? [])];
  }

  /** The node has said that the attempt is not there any more. Rejects when the commit is not known to have happened. */
  async confirm(due: Due): Promise<void> {
    await this.#release(due, true);
  }

  /** Its time is over. */
  pass(due: Due): void {
    if (this.#releasing.has(due.id)) return;
    const { logger, settings } = this.#context;
    logger.warn('A job that forbids overlap may run, though the end of its lost execution was never confirmed', {
      job: due.jobName,
      id: due.executionId,
      node: due.nodeName,
      forbid_hold_ms: settings.forbidHoldMs,
    });
    this.#releaseSoon(due, false);
  }

  /** A node that has left runs nothing any more. */
  releaseLeft(): void {
    if (this.#byNode.size === 0) return;
    for (const { name, status } of this.#context.membership.members()) {
      if (status === 'left') for (const due of this.of(name)) this.#releaseSoon(due, true);
    }
  }

  #releaseSoon(due: Due, confirmed: boolean): void {
    if (this.#releasing.has(due.id) || !this.#context.mayAct()) return;
    this.#releasing.add(due.id);
    this.#release(due, confirmed)
      .catch((error: unknown) => {
        this.#context.logger.warn('The release of a slot is not known to be committed', { id: due.executionId, error });
      })
      .finally(() => this.#releasing.delete(due.id));
  }

  async #release(due: Due, confirmed: boolean): Promise<void> {
    await this.#updates.add({ kind: 'released', id: due.executionId as ExecutionId, dueId: due.id, confirmed });
  }
}
