import type { NodeId } from './types.ts';

/** No node: no leader known, no vote cast, no transfer under way. */
export const NONE: NodeId = '';

/** Sender and addressee of messages that concern the append lane. Reserved: no server may bear it. */
export const APPEND_THREAD: NodeId = '\u0000append';

/** Sender and addressee of messages that concern the apply lane. Reserved: no server may bear it. */
export const APPLY_THREAD: NodeId = '\u0000apply';

/** Total order of ids. Every visit of several peers follows it, so that equal inputs give equal outputs. */
export type CompareIds = (a: NodeId, b: NodeId) => number;

/** Order by UTF-16 code units. */
export function compareCodeUnits(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether `id` stands for one of the two local storage lanes. */
export function isLocalThread(id: NodeId): boolean {
  return id === APPEND_THREAD || id === APPLY_THREAD;
}

/** A new array, sorted and without repetitions. */
export function sortedIds(ids: Iterable<NodeId>, compare: CompareIds): NodeId[] {
  return [...new Set(ids)].sort(compare);
}
