import type { JobDefinition, ParsedJob, Precondition, PutJob, Refusal, StoredJob } from '@dkron/jobs';
import type { EpochNanos } from '@dkron/runtime';
import { systemRandom } from '@dkron/runtime/system';
import { isRefusal } from '@dkron/scheduler';
import { judgePut } from '@dkron/store';
import type { NodeContext } from '../node-context.ts';
import { configWarnings } from './config-check.ts';
import { everyNode } from './every-node.ts';
import { neverDue } from './never-due.ts';

const TICKS_SHOWN = 5;

/** What a create or replace would do. */
export interface DryRun {
  readonly job: StoredJob;
  /** The ticks that would run, at most 5. */
  readonly next: readonly EpochNanos[];
  /** What is allowed and probably not meant. */
  readonly warnings: readonly string[];
}

/** Plans and judges a create or replace as the real call does, and stores nothing. */
export function dryRun(node: NodeContext, parsed: ParsedJob, precondition: Precondition): DryRun | Refusal {
  const { store, engine, planner } = node;
  const { definition, submitted } = parsed;
  const stored = store.getJob(definition.name);
  const stamp = engine.stamps.next();
  const plan = planner.planPut(definition, submitted, stored, stamp);
  const plannedFrom = stored?.state.version ?? 0;
  const command: PutJob = { type: 'putJob', stamp, definition, submitted, precondition, plannedFrom, plan };
  const judged = judgePut({ job: (name) => store.getJob(name) }, command, Number(store.appliedIndex()) + 1);
  if (isRefusal(judged)) return judged;
  const next = comingRuns(node, judged, stamp);
  return { job: judged, next, warnings: [...unknownKeys(parsed), ...warningsOf(node, judged, next, stamp)] };
}

function unknownKeys(parsed: ParsedJob): string[] {
  return parsed.unknownKeys.map((key) => `${JSON.stringify(key)}: a job has no such key, it is ignored`);
}

/** Ticks inside `starts_at … expires_at`. */
function comingRuns({ planner }: NodeContext, { definition, state }: StoredJob, now: EpochNanos): EpochNanos[] {
  if (state.nextTick === null) return [];
  const { schedule } = planner.schedules.of(definition, state.anchor);
  const { startsAt, expiresAt } = definition;
  const ticks: EpochNanos[] = [];
  let after = startsAt !== null && startsAt > now ? startsAt - 1n : state.decidedUpTo;
  while (ticks.length < TICKS_SHOWN) {
    const tick = schedule.next(after);
    if (tick === undefined || (expiresAt !== null && tick > expiresAt)) break;
    ticks.push(tick);
    after = tick;
  }
  return ticks;
}

function warningsOf(
  node: NodeContext,
  { definition, state }: StoredJob,
  next: readonly EpochNanos[],
  now: EpochNanos,
): string[] {
  const { planner, membership } = node;
  const { schedule, parentJob, disabled } = definition;
  const warnings: string[] = [];
  if (state.problem !== '') warnings.push(`schedule: cannot be scheduled: ${state.problem}`);
  else if (parentJob !== '' && schedule !== '') {
    warnings.push(`schedule: "${schedule}" is not used, the job starts when its parent ${parentJob} succeeds`);
  } else if (disabled) warnings.push('disabled: the job does not run until it is enabled');
  else {
    const never = neverDue(definition, next.length > 0, now);
    if (never !== undefined) warnings.push(never);
  }
  if (planner.planTargets(definition, membership.members(), systemRandom).length === 0) {
    warnings.push(`tags: no node of the cluster matches ${JSON.stringify(definition.tags)} now`);
  }
  const everywhere = everyNode(node, definition);
  if (everywhere !== undefined) warnings.push(everywhere);
  return [...warnings, ...missingPrograms(node, definition), ...configWarnings(node, definition)];
}

/** What would run the job or pass on its output, where this server has none of that name; other nodes may have it. */
function missingPrograms({ executors, processors }: NodeContext, definition: JobDefinition): string[] {
  const { executor, processors: wanted } = definition;
  const missing = executors.has(executor)
    ? []
    : [`executor: this server has no executor ${JSON.stringify(executor)}, it has ${[...executors.keys()].join(', ')}`];
  const without = Object.keys(wanted).filter((name) => !processors.has(name));
  return [
    ...missing,
    ...without.map(
      (name) => `processors: this server has no processor "${name}", it has ${[...processors.keys()].join(', ')}`,
    ),
  ];
}
