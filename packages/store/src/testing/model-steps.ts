import type { Command, NoticeChannel, NoticeOutcome } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';
import fc from 'fast-check';
import type { Store } from '../store.ts';
import { finished, jobDefinition, putJob, targetsOn, tickDecision, versionOf } from './fixtures.ts';

export const NAMES = ['a', 'ab', 'b', 'c'] as const;

export type Step =
  | {
      readonly do: 'put';
      readonly name: string;
      readonly parent: string;
      readonly forbid: boolean;
      readonly retries: number;
      readonly ephemeral: boolean;
      readonly processors: boolean;
    }
  | { readonly do: 'delete' | 'forget'; readonly name: string }
  | { readonly do: 'toggle'; readonly name: string; readonly disabled: boolean }
  | { readonly do: 'tick' | 'run'; readonly name: string; readonly nodes: number; readonly wrong: boolean }
  | { readonly do: 'start' | 'cancel'; readonly pick: number; readonly hold: boolean }
  | {
      readonly do: 'end';
      readonly pick: number;
      readonly state: 'success' | 'failed' | 'lost' | 'cancelled';
      readonly hold: boolean;
    }
  | { readonly do: 'truth'; readonly pick: number; readonly state: 'success' | 'failed' | 'lost' | 'cancelled' }
  | { readonly do: 'due'; readonly pick: number; readonly nodes: number }
  | { readonly do: 'pause'; readonly paused: boolean }
  | { readonly do: 'settle'; readonly pick: number; readonly kind: NoticeOutcome['kind'] };

const name = fc.constantFrom(...NAMES);
const pick = fc.nat(20);
const nodes = fc.integer({ min: 0, max: 2 });
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('put' as const),
        name,
        parent: fc.constantFrom('', '', ...NAMES),
        forbid: fc.boolean(),
        retries: fc.nat(1),
        ephemeral: fc.nat(3).map((n) => n === 0),
        processors: fc.nat(3).map((n) => n === 0),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'forget' as const), name }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('toggle' as const), name, disabled: fc.boolean() }) },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constantFrom('tick' as const, 'run' as const),
        name,
        nodes,
        wrong: fc.nat(9).map((n) => n === 0),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom('start' as const, 'start' as const, 'cancel' as const),
        pick,
        hold: fc.boolean(),
      }),
    },
    {
      weight: 7,
      arbitrary: fc.record({
        do: fc.constant('end' as const),
        pick,
        state: fc.constantFrom(
          'success' as const,
          'success' as const,
          'failed' as const,
          'lost' as const,
          'cancelled' as const,
        ),
        hold: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('truth' as const),
        pick,
        state: fc.constantFrom('success' as const, 'failed' as const, 'lost' as const, 'cancelled' as const),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('due' as const), pick, nodes }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), paused: fc.boolean() }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        pick,
        kind: fc.constantFrom('sent' as const, 'dropped' as const, 'deferred' as const),
      }),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

/** The command that a leader looking at this store would propose. */
export function commandOf(store: Store, step: Step, stamp: bigint): Command | undefined {
  const open = [...store.openExecutions()];
  switch (step.do) {
    case 'put': {
      const changes = {
        parentJob: step.parent,
        concurrency: step.forbid ? ('forbid' as const) : ('allow' as const),
        retries: step.retries,
        ephemeral: step.ephemeral,
        processors: step.processors ? { log: {} } : {},
        ownerEmail: step.forbid ? 'owner@example.org' : '',
      };
      return putJob(stamp, jobDefinition(step.name, changes), {
        plannedFrom: versionOf(store, step.name),
      });
    }
    case 'delete':
      return { type: 'deleteJob', stamp, name: step.name, precondition: null };
    case 'forget':
      return { type: 'deleteExecutions', stamp, name: step.name };
    case 'toggle': {
      const { plan } = putJob(stamp, jobDefinition(step.name));
      const plannedFrom = versionOf(store, step.name);
      return {
        type: 'toggleJob',
        stamp,
        name: step.name,
        disabled: step.disabled,
        precondition: null,
        plannedFrom,
        plan,
      };
    }
    case 'tick': {
      const version = versionOf(store, step.name) + (step.wrong ? 1 : 0);
      return {
        type: 'decideTicks',
        stamp,
        decisions: [
          tickDecision(step.name, version, stamp, { targets: targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes)) }),
        ],
      };
    }
    case 'run': {
      const targets = targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes));
      return {
        type: 'startRuns',
        stamp,
        starts: [
          { kind: 'manual', jobName: step.name, group: stamp, targets, respectConcurrency: step.wrong, token: '' },
        ],
      };
    }
    case 'pause':
      return { type: 'setPause', stamp, scope: 'schedule', paused: step.paused };
    case 'due':
      return dueCommand(store, step, stamp);
    case 'settle': {
      const notices = store.notices().list();
      const id = notices[step.pick % Math.max(1, notices.length)]?.id ?? 1n;
      const outcome: NoticeOutcome =
        step.kind === 'deferred'
          ? { kind: step.kind, id, attempts: 1, dueAt: stamp, lengthMs: 5 }
          : { kind: step.kind, id };
      return { type: 'settleNotices', stamp, outcomes: [outcome] };
    }
    case 'truth': {
      const given = NAMES.flatMap((job) => store.executions(job)).filter(
        ({ state }) => state === 'lost' || state === 'cancelled',
      );
      const chosen = given[step.pick % Math.max(1, given.length)];
      return (
        chosen && {
          type: 'executionUpdates',
          stamp,
          updates: [finished(chosen.id, step.state, { attempt: chosen.attempt, finishedAt: stamp })],
          notify: told(step.pick),
        }
      );
    }
    case 'start':
    case 'cancel':
    case 'end': {
      const chosen = open[step.pick % Math.max(1, open.length)];
      if (chosen === undefined) return undefined;
      const { id, attempt } = chosen;
      const update =
        step.do === 'end'
          ? finished(id, step.state, {
              attempt,
              finishedAt: stamp,
              slotHoldMs: step.state === 'success' ? null : holdOf(step),
            })
          : step.do === 'start'
            ? { kind: 'started' as const, id, attempt, at: stamp }
            : { kind: 'cancelRequested' as const, id, at: stamp, slotHoldMs: holdOf(step) };
      return { type: 'executionUpdates', stamp, updates: [update], notify: told(step.pick) };
    }
  }
}

/** Mostly somebody. */
function told(seed: number): readonly NoticeChannel[] {
  return seed % 5 === 0 ? [] : NOTICE_CHANNELS.filter((_, i) => ((seed >> 1) & (1 << i)) === 0);
}

/** As a leader says it of what it gives up. */
function holdOf({ hold }: { readonly hold: boolean }): number | null {
  return hold ? 60_000 : null;
}

function dueCommand(
  store: Store,
  step: { readonly pick: number; readonly nodes: number },
  stamp: bigint,
): Command | undefined {
  const dues = [...store.dues()];
  const due = dues[step.pick % Math.max(1, dues.length)];
  if (due === undefined) return undefined;
  const { id: dueId, jobName, group, rootGroup } = due;
  if (due.kind === 'process') {
    return {
      type: 'executionUpdates',
      stamp,
      updates: [{ kind: 'processed', id: due.executionId, dueId, output: new Uint8Array([1]) }],
    };
  }
  if (due.kind === 'hold') {
    const update = { kind: 'released' as const, id: due.executionId, dueId, confirmed: step.nodes > 0 };
    return { type: 'executionUpdates', stamp, updates: [update, update] };
  }
  if (due.kind === 'child') {
    const targets = targetsOn(stamp, ...['n1', 'n2'].slice(0, step.nodes));
    return { type: 'startRuns', stamp, starts: [{ kind: 'child', dueId, jobName, group: stamp, rootGroup, targets }] };
  }
  const [target] = targetsOn(stamp, due.nodeName);
  return (
    target && {
      type: 'startRuns',
      stamp,
      starts: [{ kind: 'retry', dueId, jobName, group, attempt: due.attempt, fromNode: due.nodeName, target }],
    }
  );
}
