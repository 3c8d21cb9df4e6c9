import type { NodeId } from '../../core/index.ts';
import type { ScriptEnvironment } from './environment.ts';
import { renderEntry, renderMessage, renderReady } from './render.ts';
import type { ScriptServer } from './script-server.ts';

/** Bound on the rounds of `stabilize`: a script that needs more does not come to rest. */
const MAX_ROUNDS = 1000;

/** Handles one ready of a server. */
export function processReady(env: ScriptEnvironment, server: ScriptServer): void {
  if (!server.core.hasReady()) {
    env.print('<empty ready>');
    return;
  }
  const { ready, out } = server.processReady();
  for (const line of renderReady(ready)) env.print(line);
  env.messages.push(...out);
}

/** Does one piece of work of a lane. Whether there was any. */
export function processLane(env: ScriptEnvironment, server: ScriptServer, lane: 'append' | 'apply'): boolean {
  const done = lane === 'append' ? server.processAppend() : server.processApply();
  if (done === undefined) {
    env.print(`<no ${lane} work>`);
    return false;
  }
  const entries = done.work.entries.map(renderEntry).join(', ');
  env.print(`${lane} [${entries}] releases ${done.out.length}`);
  for (const message of done.out) env.print(renderMessage(message));
  env.messages.push(...done.out);
  return true;
}

/** Delivers what is addressed to `to`, of one kind if `type` is given, or loses it. Whether there was any. */
export function deliver(env: ScriptEnvironment, to: NodeId, type: string | undefined, drop: boolean): boolean {
  const chosen = env.messages.filter((message) => message.to === to && (type === undefined || message.type === type));
  const set = new Set(chosen);
  env.messages = env.messages.filter((message) => !set.has(message));
  for (const message of chosen) {
    env.print(`${drop ? 'dropped ' : ''}${renderMessage(message)}`);
    if (drop) continue;
    const result = env.get(to).core.step(message);
    if (result !== 'ok') env.print(`=> ${result}`);
  }
  return chosen.length > 0;
}

/** Until nothing is left to do: all readies, then all messages, then all appends, then all applies, in id order. */
export function stabilize(env: ScriptEnvironment, servers: readonly ScriptServer[]): void {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let busy = false;
    const section = (title: string, work: () => void): void => {
      busy = true;
      env.print(`> ${title}`);
      env.indented(work);
    };
    for (const one of servers) {
      if (one.core.hasReady()) section(`${one.id} ready`, () => processReady(env, one));
    }
    for (const one of servers) {
      const waiting = env.messages.some((message) => message.to === one.id);
      if (waiting) section(`${one.id} receives`, () => deliver(env, one.id, undefined, false));
    }
    for (const lane of ['append', 'apply'] as const) {
      for (const one of servers) {
        const work = lane === 'append' ? one.appendWork : one.applyWork;
        while (work.length > 0) section(`${one.id} ${lane} thread`, () => processLane(env, one, lane));
      }
    }
    if (!busy) return;
  }
  throw new Error(`stabilize: not at rest after ${MAX_ROUNDS} rounds`);
}
