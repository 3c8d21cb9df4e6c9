import { EntryType, type Entry } from '../types.ts';
import {
  type ConfChange,
  type ConfChangeKind,
  type ConfChangeStep,
  type ConfChangeTransition,
  LEAVE_JOINT,
  leavesJoint,
} from './conf-change.ts';
import { ConfChangeError } from './errors.ts';

/*
 * Layout, little-endian: format u8 (1), transition u8, number of steps u16, then for each step kind u8, length of the
 * id u16, id in UTF-8; the rest is the context. Empty data means: leave the joint configuration.
 */
const FORMAT = 1;
const HEADER_BYTES = 4;
const STEP_HEADER_BYTES = 3;
const MAX_U16 = 0xffff;
const KINDS: readonly ConfChangeKind[] = ['addVoter', 'removeNode', 'updateNode', 'addLearner'];
const TRANSITIONS: readonly ConfChangeTransition[] = ['auto', 'implicit', 'explicit'];
const encoder = new TextEncoder();

/** Bytes for an entry's data. Throws TypeError if the change does not fit: 65,535 steps, 65,535 bytes an id. */
export function encodeConfChange(change: ConfChange): Uint8Array {
  if (leavesJoint(change) && change.context.length === 0) return new Uint8Array(0);
  if (change.version === 1 && change.steps.length !== 1) {
    throw new TypeError(`steps: a version 1 change has exactly one, not ${change.steps.length}`);
  }
  const ids = change.steps.map((step) => encoder.encode(step.id));
  if (ids.length > MAX_U16 || ids.some((id) => id.length > MAX_U16)) {
    throw new TypeError(`steps: at most ${MAX_U16}, with ids of at most ${MAX_U16} bytes`);
  }
  const size = ids.reduce((sum, id) => sum + STEP_HEADER_BYTES + id.length, HEADER_BYTES) + change.context.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, FORMAT);
  view.setUint8(1, TRANSITIONS.indexOf(change.transition));
  view.setUint16(2, ids.length, true);
  let at = HEADER_BYTES;
  for (const [i, id] of ids.entries()) {
    view.setUint8(at, KINDS.indexOf(change.steps[i]!.kind));
    view.setUint16(at + 1, id.length, true);
    bytes.set(id, at + STEP_HEADER_BYTES);
    at += STEP_HEADER_BYTES + id.length;
  }
  bytes.set(change.context, at);
  return bytes;
}

/** The change an entry carries. Throws {@link ConfChangeError} `RAFT_CONF_MALFORMED`, also for entries of other types. */
export function decodeConfChange(entry: Pick<Entry, 'type' | 'data'>): ConfChange {
  if (entry.type === EntryType.normal) throw malformed('entry is not a membership change');
  const version = entry.type === EntryType.confChange ? 1 : 2;
  const bytes = entry.data;
  if (bytes.length === 0 && version === 2) return LEAVE_JOINT;
  if (bytes.length < HEADER_BYTES) throw malformed(`${bytes.length} bytes, at least ${HEADER_BYTES} expected`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== FORMAT) throw malformed(`format ${view.getUint8(0)}, expected ${FORMAT}`);
  const transition = TRANSITIONS[view.getUint8(1)];
  if (transition === undefined) throw malformed(`transition ${view.getUint8(1)}`);
  const steps: ConfChangeStep[] = [];
  let at = HEADER_BYTES;
  for (let left = view.getUint16(2, true); left > 0; left--) {
    const step = readStep(bytes, view, at);
    steps.push({ kind: step.kind, id: step.id });
    at = step.end;
  }
  if (version === 1 && steps.length !== 1) throw malformed(`version 1 with ${steps.length} steps`);
  return { version, transition, steps, context: bytes.slice(at) };
}

function readStep(bytes: Uint8Array, view: DataView, at: number): ConfChangeStep & { readonly end: number } {
  if (at + STEP_HEADER_BYTES > bytes.length) throw malformed(`step at byte ${at} is cut`);
  const kind = KINDS[view.getUint8(at)];
  if (kind === undefined) throw malformed(`kind ${view.getUint8(at)} at byte ${at}`);
  const start = at + STEP_HEADER_BYTES;
  const end = start + view.getUint16(at + 1, true);
  if (end > bytes.length) throw malformed(`id at byte ${start} is cut`);
  try {
    return { kind, id: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end)), end };
  } catch {
    throw malformed(`id at byte ${start} is not UTF-8`);
  }
}

function malformed(detail: string): ConfChangeError {
  return new ConfChangeError('RAFT_CONF_MALFORMED', detail);
}
