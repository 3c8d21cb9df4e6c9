import { NONE } from '../core/ids.ts';
import type { Engine } from './engine.ts';
import { FOUNDING_INDEX } from './founding.ts';

/** How often the founder of a cluster campaigns, and how often in all; then the election timeout decides. */
const EVERY_MS = 100;
const CAMPAIGNS = 10;

/** Again while the others are not members yet: they become so by the first word of ours, which counts for no vote. */
export function campaignAsFounder(engine: Engine, left = CAMPAIGNS): void {
  if (!engine.running || left === 0 || engine.leadership.leaderId !== NONE) return;
  // The core learns of it when the whole batch is applied.
  const isApplied = engine.core.basicStatus().applied >= FOUNDING_INDEX;
  if (isApplied) engine.campaign();
  const [delayMs, next] = isApplied ? [EVERY_MS, left - 1] : [1, left];
  engine.modules.timers.after(delayMs, () => campaignAsFounder(engine, next));
}
