import type { Address } from '../types.ts';
import type { Alive, Dead, Suspect } from '../wire/messages.ts';
import type { SwimContext } from './context.ts';

/** Contradicts a claim about us of incarnation `accused`, by an alive message of a greater one. */
export function refute(context: SwimContext, accused: number): void {
  const { identity } = context;
  const self = context.table.own(context.self);
  context.table.setIncarnation(self, context.nextIncarnation(accused));
  // After a stall many accusations wait for us: one moment counts against our health once.
  if (context.lastRefutedMs !== context.nowMs) context.awareness.adjust(1);
  context.lastRefutedMs = context.nowMs;
  context.broadcast(presence(context));
  context.notice('refuted', identity.name, `claim of incarnation ${accused}, now ${self.incarnation}`);
}

/**
 * Answers who accuses an earlier life of ours, because the refutation passed it by: it alone is told again. The original
 * lets it bury us; peers of any kind understand the answer.
 */
export function remind(context: SwimContext, claim: Suspect | Dead, to: Address): void {
  const { self, identity } = context;
  if (claim.node !== identity.name || claim.incarnation >= self.incarnation || context.leaving) return;
  context.send(to, undefined, [context.encode(presence(context))]);
}

function presence({ self, identity }: SwimContext): Alive {
  return {
    type: 'alive',
    node: identity.name,
    addr: self.addr,
    port: self.address.port,
    incarnation: self.incarnation,
    meta: self.meta,
    vsn: self.vsn,
  };
}
