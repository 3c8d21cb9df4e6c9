import { checkInteger, nameOf } from '../core/arguments.ts';
import type { NodeId } from '../core/types.ts';
import type { ConfChangeStep } from '../core/confchange/conf-change.ts';
import type { MemberInfo, MemberInfos } from './members.ts';
import type { ChangeMembersOptions, MemberStep } from './node-types.ts';

/** UTF-8 bytes of a name, at most: what peers take in a handshake. */
const MAX_ID_BYTES = 1024;
/** Names that begin so are those of the lanes of a server. */
const RESERVED = '\u0000';
const STEP_KINDS: ReadonlySet<unknown> = new Set<MemberStep['kind']>(['addVoter', 'addNonvoter', 'remove']);
const TRANSITIONS: ReadonlySet<unknown> = new Set(['auto', 'implicit', 'explicit']);

/** Whether this can be the name of a server: one that comes back from log and wire as it was. */
export function isId(id: unknown): id is NodeId {
  if (typeof id !== 'string' || id === '' || id.startsWith(RESERVED) || !id.isWellFormed()) return false;
  return new TextEncoder().encode(id).byteLength <= MAX_ID_BYTES;
}

/** @throws TypeError */
export function checkId(id: NodeId, name = 'id'): void {
  if (isId(id)) return;
  const text: unknown = id;
  const found = typeof text === 'string' ? JSON.stringify(text.slice(0, 100)) : nameOf(text);
  const allowed = `a well-formed text of 1 to ${MAX_ID_BYTES} bytes that is not reserved is allowed`;
  throw new TypeError(`${name} is ${found}; ${allowed}`);
}

/** @throws TypeError */
export function checkInfo(info: MemberInfo): void {
  if (typeof info !== 'object' || info === null)
    throw new TypeError(`info is ${nameOf(info)}; an address and a birth are allowed`);
  for (const name of ['address', 'birth'] as const) {
    const value: unknown = info[name];
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`${name} is ${nameOf(value)}; a text is allowed`);
  }
}

/** @throws TypeError */
export function checkChange(
  steps: readonly ConfChangeStep[],
  infos: MemberInfos,
  { prevIndex, transition }: ChangeMembersOptions,
): void {
  if (steps.length === 0) throw new TypeError('steps: at least one is needed');
  for (const { id } of steps) checkId(id);
  for (const info of Object.values(infos)) checkInfo(info);
  if (prevIndex !== undefined) checkInteger(prevIndex, 0, 'prevIndex');
  if (transition !== undefined && !TRANSITIONS.has(transition))
    throw new TypeError(`transition is ${String(transition)}; one of ${[...TRANSITIONS].join(', ')} is allowed`);
}

/** Its kind; `checkChange` looks at the rest. @throws TypeError */
export function checkStep(step: MemberStep): MemberStep {
  if (typeof step === 'object' && step !== null && STEP_KINDS.has(step.kind)) return step;
  const kinds = [...STEP_KINDS].join(', ');
  throw new TypeError(
    `a step of kind ${String((step as Partial<MemberStep> | null)?.kind)}; one of ${kinds} is allowed`,
  );
}
