import { EntryType, type NodeId } from '../types.ts';

/** What happens to one member. `updateNode` changes nothing here; its context (an address, say) is the caller's. */
export type ConfChangeKind = 'addVoter' | 'removeNode' | 'updateNode' | 'addLearner';

/** One step of a membership change. An empty id is skipped. */
export interface ConfChangeStep {
  readonly kind: ConfChangeKind;
  readonly id: NodeId;
}

/**
 * `auto`: simple if it is one step, else joint and left by itself. `implicit`: joint, left by itself. `explicit`: joint
 * until somebody proposes to leave.
 */
export type ConfChangeTransition = 'auto' | 'implicit' | 'explicit';

/** A membership change as it is proposed, logged and applied. */
export interface ConfChange {
  /** 1: exactly one step, always simple. 2: everything else. Decides the type of the entry. */
  readonly version: 1 | 2;
  readonly transition: ConfChangeTransition;
  readonly steps: readonly ConfChangeStep[];
  /** Bytes for the application, kept with the entry; may be empty. */
  readonly context: Uint8Array;
}

const NO_CONTEXT = new Uint8Array(0);

/** A change of one member by the simple protocol. */
export function simpleChange(kind: ConfChangeKind, id: NodeId, context: Uint8Array = NO_CONTEXT): ConfChange {
  return { version: 1, transition: 'auto', steps: [{ kind, id }], context };
}

/** A change of any number of members. */
export function memberChange(
  steps: readonly ConfChangeStep[],
  transition: ConfChangeTransition = 'auto',
  context: Uint8Array = NO_CONTEXT,
): ConfChange {
  return { version: 2, transition, steps, context };
}

/** The change that leaves a joint configuration. */
export const LEAVE_JOINT: ConfChange = { version: 2, transition: 'auto', steps: [], context: NO_CONTEXT };

/** Whether the change leaves a joint configuration. */
export function leavesJoint(change: ConfChange): boolean {
  return change.version === 2 && change.transition === 'auto' && change.steps.length === 0;
}

/** Whether the change enters a joint configuration, and if so whether the leader leaves it by itself. */
export function entersJoint(change: ConfChange): { readonly autoLeave: boolean } | undefined {
  if (change.version === 1) return undefined;
  if (change.transition === 'auto' && change.steps.length <= 1) return undefined;
  return { autoLeave: change.transition !== 'explicit' };
}

/** Type of the entry that carries the change. */
export function entryTypeOf(change: ConfChange): EntryType {
  return change.version === 1 ? EntryType.confChange : EntryType.confChangeV2;
}

const TOKENS: Record<ConfChangeKind, string> = { addVoter: 'v', addLearner: 'l', removeNode: 'r', updateNode: 'u' };

/** Short text: `v1 l2 r3`, a letter and an id for each step. */
export function describeConfChange(steps: readonly ConfChangeStep[]): string {
  return steps.map((step) => TOKENS[step.kind] + step.id).join(' ');
}

/** The opposite of {@link describeConfChange}. Throws TypeError on an unknown letter. */
export function parseConfChange(text: string): ConfChangeStep[] {
  const tokens = text.split(' ').filter((token) => token !== '');
  return tokens.map((token) => {
    const kind = (Object.keys(TOKENS) as ConfChangeKind[]).find((name) => TOKENS[name] === token[0]);
    if (kind === undefined) throw new TypeError(`step ${token}: must begin with one of v, l, r, u`);
    return { kind, id: token.slice(1) };
  });
}
