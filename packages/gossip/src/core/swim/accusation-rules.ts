import type { Dead, Suspect } from '../wire/messages.ts';
import type { SwimContext } from './context.ts';
import { isGone, type MemberEntry } from './member-table.ts';
import { refute } from './refute.ts';
import { Suspicion, suspicionPlan } from './suspicion.ts';

/**
 * `suspect.from` got no answer of `suspect.node`: starts the clock of its death, or confirms that it runs. As SWIM has it,
 * an accusation of a later life takes the place of an earlier one: that life was defended, whether we heard it or not, so
 * the clock starts again and nothing is confirmed.
 */
export function applySuspect(context: SwimContext, suspect: Suspect): void {
  const { table, tuning, nowMs } = context;
  const known = table.get(suspect.node);
  if (known === undefined || suspect.incarnation < known.incarnation) return;
  if (known.suspicion !== undefined && suspect.incarnation === known.incarnation) {
    if (!known.suspicion.confirm(suspect.from)) return;
    context.burialMs = Math.min(context.burialMs, known.suspicion.dueMs);
    context.broadcast(suspect);
    return;
  }
  if (isGone(known)) return;
  if (suspect.node === context.identity.name) {
    if (!context.leaving) refute(context, suspect.incarnation);
    return;
  }
  context.broadcast(suspect);
  const entry = table.own(known);
  const isNew = entry.state === 'alive';
  table.setIncarnation(entry, suspect.incarnation);
  table.setState(entry, 'suspect', nowMs);
  const suspicion = new Suspicion(suspicionPlan(tuning, table.size), suspect.from, nowMs);
  table.setSuspicion(entry, suspicion);
  context.burialMs = Math.min(context.burialMs, suspicion.dueMs);
  if (isNew) context.emit('suspect', entry);
}

/** `dead.node` failed, or left if it says so itself. */
export function applyDead(context: SwimContext, dead: Dead, onTold?: () => void): void {
  const { table, identity, nowMs } = context;
  const known = table.get(dead.node);
  if (known === undefined || dead.incarnation < known.incarnation) return;
  if (isGone(known)) return;
  if (dead.node === identity.name && !context.leaving) {
    refute(context, dead.incarnation);
    return;
  }
  context.broadcast(dead, onTold);
  const entry = table.own(known);
  table.setSuspicion(entry, undefined);
  table.setIncarnation(entry, dead.incarnation);
  const left = dead.node === dead.from;
  table.setState(entry, left ? 'left' : 'dead', nowMs);
  context.emit(left ? 'left' : 'failed', entry);
}

/**
 * Declares dead whom we have suspected for long enough. Shortly before, `asks` is to ask the suspect once more, and then
 * decides alone; where it returns false the time runs to its end.
 */
export function buryOverdue(context: SwimContext, asks: (suspect: MemberEntry) => boolean): void {
  if (context.burialMs > context.nowMs) return;
  const due: MemberEntry[] = [];
  for (const entry of context.table.suspects) {
    if (entry.suspicion!.dueMs <= context.nowMs) due.push(entry);
  }
  for (const entry of due) {
    const { name, incarnation, suspicion } = entry;
    if (suspicion!.wantsLastProbe) {
      if (asks(entry)) continue;
      suspicion!.giveUpLastProbe();
      if (suspicion!.dueMs > context.nowMs) continue;
    }
    applyDead(context, { type: 'dead', node: name, incarnation, from: context.identity.name });
  }
  planBurials(context);
}

/** Takes `lateMs`, in which we could hear nothing, out of all suspicions. */
export function postponeBurials(context: SwimContext, lateMs: number): void {
  for (const { suspicion } of context.table.suspects) suspicion!.postpone(lateMs);
  planBurials(context);
}

function planBurials(context: SwimContext): void {
  context.burialMs = Infinity;
  for (const { suspicion } of context.table.suspects) {
    context.burialMs = Math.min(context.burialMs, suspicion!.dueMs);
  }
}
