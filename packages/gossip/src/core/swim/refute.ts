import type { SwimContext } from './context.ts';

/** Contradicts a claim about us of incarnation `accused`, by an alive message of a greater one. */
export function refute(context: SwimContext, accused: number): void {
  const { self, identity } = context;
  self.incarnation = context.nextIncarnation(accused);
  // After a stall many accusations wait for us: one moment counts against our health once.
  if (context.lastRefutedMs !== context.nowMs) context.awareness.adjust(1);
  context.lastRefutedMs = context.nowMs;
  context.broadcast({
    type: 'alive',
    node: identity.name,
    addr: self.addr,
    port: self.address.port,
    incarnation: self.incarnation,
    meta: self.meta,
    vsn: self.vsn,
  });
  context.notice('refuted', identity.name, `claim of incarnation ${accused}, now ${self.incarnation}`);
}
