import { NODE_STATES } from '../types.ts';
import type { PushNodeState, PushPull } from '../wire/messages.ts';
import { applyDead, applySuspect } from './accusation-rules.ts';
import { applyAlive } from './alive-rule.ts';
import type { SwimContext } from './context.ts';
import { VersionKinds } from './member-table.ts';
import { VersionBounds } from './version-check.ts';

const NO_BYTES = new Uint8Array(0);

/** Everything we hold. Members without versions are kept back: peers of Dkron's generation crash on them. */
export function localState(context: SwimContext, join: boolean): PushPull {
  const nodes: PushNodeState[] = [];
  for (const { name, addr, address, meta, vsn, versions, incarnation, state } of context.table.entries) {
    if (versions === undefined) continue;
    nodes.push({ name, addr, port: address.port, meta, vsn, incarnation, state: NODE_STATES.indexOf(state) });
  }
  return { type: 'pushPull', join, nodes, userState: context.delegate.userState?.(join) ?? NO_BYTES };
}

/** Why a peer's table must not be merged, or `undefined`. */
export function mergeRefusal(context: SwimContext, remote: PushPull): string | undefined {
  const bounds = new VersionBounds();
  for (const { state, versions } of context.table.entries) if (state === 'alive') bounds.narrow(versions);
  const kinds = new VersionKinds();
  for (const { state, vsn } of remote.nodes) {
    if (NODE_STATES[state] === 'alive') bounds.narrow(kinds.find(vsn)?.versions);
  }
  for (const { name, versions } of context.table.entries) {
    const problem = versions && bounds.problemOf(name, versions);
    if (problem !== undefined) return problem;
  }
  for (const { name, vsn } of remote.nodes) {
    const problem = bounds.problemOf(name, kinds.find(vsn)?.versions);
    if (problem !== undefined) return problem;
  }
  if (remote.join && context.delegate.acceptsMerge?.(remote.nodes) === false) return 'not accepted by the layer above';
  return undefined;
}

/** Takes over a part of a peer's table. Nobody dies by hearsay: who is dead there becomes suspect here. */
export function mergeNodes(context: SwimContext, nodes: readonly PushNodeState[]): void {
  for (const { name: node, addr, port, meta, vsn, incarnation, state } of nodes) {
    switch (NODE_STATES[state]) {
      case 'alive':
        applyAlive(context, { type: 'alive', node, addr: addr ?? NO_BYTES, port, meta, vsn, incarnation });
        break;
      case 'left':
        applyDead(context, { type: 'dead', node, incarnation, from: node });
        break;
      case 'suspect':
      case 'dead':
        applySuspect(context, { type: 'suspect', node, incarnation, from: context.identity.name });
        break;
      default:
        context.notice('refused', node, `state ${state}`);
    }
  }
}
