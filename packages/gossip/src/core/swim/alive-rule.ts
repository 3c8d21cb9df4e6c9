import { unmapIp } from '../ip.ts';
import { META_MAX_BYTES, NAME_MAX_BYTES, VERSIONS_BYTES } from '../types.ts';
import type { Alive } from '../wire/messages.ts';
import type { SwimContext } from './context.ts';
import { isGone, type MemberEntry, sameBytes, viewOf } from './member-table.ts';
import { refute } from './refute.ts';

const NO_BYTES = new Uint8Array(0);
const UTF8_BYTES_PER_UNIT = 3;

export interface AliveOrigin {
  /** Made by ourselves, at the start or for new meta: then it is taken even though it is about us. */
  readonly bootstrap?: boolean;
  readonly onTold?: () => void;
}

/** `alive.node` says it is there: takes that over where it is newer than what we hold, and passes it on. */
export function applyAlive(context: SwimContext, alive: Alive, origin: AliveOrigin = {}): void {
  const { table, identity, nowMs } = context;
  const bootstrap = origin.bootstrap ?? false;
  const isUs = alive.node === identity.name;
  if (isUs && context.leaving) return;
  const refusal = refusalOf(context, alive);
  if (refusal !== undefined) {
    context.notice('refused', alive.node, refusal);
    return;
  }
  const addr = unmapIp(alive.addr);
  const port = alive.port === 0 ? identity.port : alive.port;
  const known = table.get(alive.node);
  let moves = false;
  if (known !== undefined && !isAt(known, addr, port)) {
    if (!mayMove(context, known)) {
      context.effects.push({ type: 'conflict', existing: viewOf(known), claim: alive });
      return;
    }
    moves = true;
  }
  if (known === undefined ? alive.incarnation === 0 : isOld(known, alive, isUs || moves, isUs)) return;
  if (known === undefined && table.size >= context.tuning.maxMembers) {
    context.notice('refused', alive.node, `table is full with ${table.size} members`);
    return;
  }
  const entry = known ?? table.insert(alive.node, addr, port, nowMs);
  if (isUs && !bootstrap) {
    if (alive.incarnation === entry.incarnation && isSameOf(entry, alive)) return;
    refute(context, alive.incarnation);
    return;
  }
  // What goes on as it came stays the same object: whoever passes objects on need not encode it again.
  const isAsSent = addr === alive.addr && port === alive.port;
  takeOver(context, table.own(entry), isAsSent ? alive : { ...alive, addr, port }, origin.onTold);
}

function takeOver(context: SwimContext, entry: MemberEntry, alive: Alive, onTold: (() => void) | undefined): void {
  const { table } = context;
  table.setSuspicion(entry, undefined);
  context.broadcast(alive, onTold);
  const wasGone = isGone(entry);
  const meta = alive.meta ?? NO_BYTES;
  const metaChanged = !sameBytes(entry.meta, meta);
  table.setVersions(entry, alive.vsn);
  table.setIncarnation(entry, alive.incarnation);
  if (metaChanged) table.setMeta(entry, meta);
  if (!isAt(entry, alive.addr, alive.port)) table.setPlace(entry, alive.addr, alive.port);
  if (entry.state !== 'alive') table.setState(entry, 'alive', context.nowMs);
  if (wasGone) context.emit('join', entry);
  else if (metaChanged) context.emit('update', entry);
}

/** Why this cannot be, or `undefined`. */
function refusalOf(context: SwimContext, alive: Alive): string | undefined {
  const { addr, meta, node, vsn } = alive;
  if (node === '' || isLongerThan(node, NAME_MAX_BYTES)) return 'name is empty or too long';
  if (addr.length !== 4 && addr.length !== 16) return `address of ${addr.length} bytes`;
  if (meta !== null && meta.length > META_MAX_BYTES) return `meta of ${meta.length} bytes`;
  if (vsn !== null && vsn.length > 0) {
    const problem = versionsProblem(vsn);
    if (problem !== undefined) return problem;
  }
  return context.delegate.acceptsAlive?.(alive) === false ? 'not accepted by the layer above' : undefined;
}

/**
 * Peers of Dkron's generation crash on fewer than six bytes, so we do not pass such on. Who does not speak what it says it
 * understands would keep everybody out: no table that has it could be merged.
 */
function versionsProblem(vsn: Uint8Array): string | undefined {
  if (vsn.length !== VERSIONS_BYTES) return `versions of ${vsn.length} bytes`;
  const [least, greatest, current, delegateLeast, delegateGreatest, delegateCurrent] = vsn;
  if (least === 0 || greatest === 0 || least! > current! || current! > greatest!) {
    return `protocol versions ${least} to ${greatest}, speaking ${current}`;
  }
  if (delegateLeast! > delegateCurrent! || delegateCurrent! > delegateGreatest!) {
    return `delegate versions ${delegateLeast} to ${delegateGreatest}, speaking ${delegateCurrent}`;
  }
  return undefined;
}

/** The address of a member that left may change, and of one long dead. */
function mayMove({ tuning, nowMs }: SwimContext, known: MemberEntry): boolean {
  if (known.state === 'left') return true;
  const reclaimMs = tuning.deadNodeReclaimMs;
  return known.state === 'dead' && reclaimMs > 0 && nowMs - known.stateChangeMs > reclaimMs;
}

function isOld(known: MemberEntry, alive: Alive, takesEqual: boolean, isUs: boolean): boolean {
  if (isUs) return alive.incarnation < known.incarnation;
  return !takesEqual && alive.incarnation <= known.incarnation;
}

function isAt(entry: MemberEntry, addr: Uint8Array, port: number): boolean {
  return entry.address.port === port && sameBytes(entry.addr, addr);
}

function isSameOf(entry: MemberEntry, alive: Alive): boolean {
  return sameBytes(entry.meta, alive.meta ?? NO_BYTES) && sameBytes(entry.vsn, alive.vsn ?? NO_BYTES);
}

/** In UTF-8, without encoding it: exact for the plain names that there are, generous by nothing for others. */
function isLongerThan(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  if (text.length * UTF8_BYTES_PER_UNIT <= maxBytes) return false;
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes > maxBytes;
}
