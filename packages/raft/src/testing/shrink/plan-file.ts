import type { Plan } from '../sim/plan.ts';

const FORMAT = 'dkron-raft-plan-1';

/** Text of a plan, to be kept and run again without its seed. */
export function planToText(plan: Plan, note: string): string {
  return `${JSON.stringify({ format: FORMAT, note, plan }, undefined, 2)}\n`;
}

/** The plan in a text of {@link planToText}. Throws TypeError for anything else. */
export function planFromText(text: string): Plan {
  const content = JSON.parse(text) as { format?: unknown; plan?: Plan };
  if (content.format !== FORMAT || content.plan === undefined) throw new TypeError(`format: must be ${FORMAT}`);
  return content.plan;
}
