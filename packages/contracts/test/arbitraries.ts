import fc from 'fast-check';
import { ZERO_TIME } from '@dkron/runtime';
import type {
  Command,
  Due,
  Execution,
  ExecutionOutput,
  ExecutionUpdate,
  JobDefinition,
  JobState,
  JobPlan,
  LedgerEntry,
  Notice,
  NoticeOutcome,
  Precondition,
  Run,
  RunStart,
  SubmittedState,
  Target,
  TickDecision,
} from '@dkron/jobs';

const shape = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const word = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '\ufeffx',
    'ü'.repeat(42),
    'ü'.repeat(43),
    'a'.repeat(42),
    'a'.repeat(300),
  ),
);
/** Clients may send any 32-bit number; it only grows from there. */
const counter = fc.integer({ min: -(2 ** 31), max: 2 ** 52 - 1 });
const count = fc.oneof(
  fc.nat(300),
  fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
);
const fixed = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const instant = fc.oneof(
  fixed,
  fc.bigInt({ min: ZERO_TIME - 10n ** 12n, max: 253_402_300_799_999_999_999n }),
  fc.constantFrom(ZERO_TIME, ZERO_TIME + 1n, 0n, -1n, 1n << 63n, -(1n << 63n) - 1n),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
const record = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(word, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Record<string, T>);
const bytes = fc.uint8Array({ maxLength: 300 });
const exitCode = maybe(fc.oneof(fc.nat(255), fc.integer()));
const reason = maybe(
  fc.constantFrom('exit', 'timeout', 'executor', 'unreachable', 'lease', 'restart', 'cancelled' as const),
);
const trigger = fc.constantFrom('schedule', 'catchup', 'manual', 'create', 'parent' as const);
const state = fc.constantFrom('pending', 'running', 'success', 'failed', 'lost', 'cancelled' as const);
const passReason = fc.constantFrom(
  'forbid',
  'disabled',
  'paused',
  'expired',
  'not_started',
  'no_targets',
  'skip',
  'last',
  'limit',
  'window' as const,
);
const decision = fc.constantFrom('run', 'skipped', 'missed' as const);
const tickReason = fc.oneof(fc.constant('' as const), passReason);

export const definition: fc.Arbitrary<JobDefinition> = shape({
  name: word,
  displayName: word,
  timezone: word,
  schedule: word,
  owner: word,
  ownerEmail: word,
  disabled: fc.boolean(),
  tags: maybe(record(word)),
  metadata: maybe(record(word)),
  retries: fc.nat(0xffffffff),
  parentJob: word,
  processors: record(record(word)),
  concurrency: fc.constantFrom('allow', 'forbid', '' as const),
  executor: word,
  executorConfig: maybe(record(word)),
  ephemeral: fc.boolean(),
  startsAt: maybe(instant),
  expiresAt: maybe(instant),
  dstGap: fc.constantFrom('skip', 'after' as const),
  dstOverlap: fc.constantFrom('both', 'first', 'last' as const),
  catchup: fc.constantFrom('skip', 'last', 'all' as const),
  catchupWindow: word,
  timeout: word,
});

export const jobState: fc.Arbitrary<JobState> = shape({
  version: count,
  revision: count,
  successCount: counter,
  errorCount: counter,
  lastSuccess: maybe(instant),
  lastError: maybe(instant),
  status: word,
  next: instant,
  nextTick: maybe(instant),
  decidedUpTo: instant,
  anchor: instant,
  dependentJobs: fc.array(word, { maxLength: 3 }),
  problem: word,
});

export const execution: fc.Arbitrary<Execution> = shape({
  id: word,
  stamp: fixed,
  jobName: word,
  group: fixed,
  nodeName: word,
  attempt: count,
  state,
  trigger,
  tick: maybe(instant),
  reason,
  exitCode,
  startedAt: instant,
  finishedAt: instant,
  cancelRequested: fc.boolean(),
});

export const run: fc.Arbitrary<Run> = shape({
  jobName: word,
  group: fixed,
  rootGroup: fixed,
  trigger,
  tick: maybe(instant),
  decidedAt: instant,
  targets: fc.array(
    shape({
      nodeName: word,
      executionId: word,
      attempt: count,
      state: fc.oneof(state, fc.constant('waiting' as const)),
    }),
    { maxLength: 3 },
  ),
  open: fc.boolean(),
});

export const due: fc.Arbitrary<Due> = shape({
  id: fixed,
  kind: fc.constantFrom('retry', 'child', 'process', 'hold' as const),
  jobName: word,
  group: fixed,
  rootGroup: fixed,
  executionId: word,
  nodeName: word,
  attempt: count,
  dueAt: instant,
  lengthMs: count,
});

export const ledgerEntry: fc.Arbitrary<LedgerEntry> = shape({
  jobName: word,
  tick: instant,
  lastTick: instant,
  count,
  decision: fc.oneof(decision, fc.constant('released' as const)),
  reason: fc.oneof(tickReason, fc.constant('forbid_hold' as const)),
  trigger,
  decidedAt: instant,
  group: maybe(fixed),
  executions: fc.array(word, { maxLength: 3 }),
});

export const notice: fc.Arbitrary<Notice> = shape({
  id: fixed,
  channel: fc.constantFrom('cronitor', 'mail', 'webhook', 'pre-webhook' as const),
  event: fc.constantFrom('start', 'end' as const),
  execution,
  recipient: word,
  awaits: fixed,
  outputBytes: count,
  attempts: count,
  dueAt: instant,
  lengthMs: count,
});

const noticeOutcome: fc.Arbitrary<NoticeOutcome> = fc.oneof(
  shape({ kind: fc.constantFrom('sent', 'dropped' as const), id: fixed }),
  shape({ kind: fc.constant('deferred' as const), id: fixed, attempts: count, dueAt: instant, lengthMs: count }),
);

const precondition: fc.Arbitrary<Precondition> = fc.oneof(
  fc.constant(null),
  fc.constant('absent' as const),
  shape({ version: count }),
);

const plan: fc.Arbitrary<JobPlan> = shape({
  next: instant,
  nextTick: maybe(instant),
  decidedUpTo: instant,
  anchor: instant,
  passed: maybe(shape({ reason: passReason, tick: instant, lastTick: instant, count })),
  problem: word,
});

const submitted: fc.Arbitrary<SubmittedState> = shape({
  successCount: counter,
  errorCount: counter,
  lastSuccess: maybe(instant),
  lastError: maybe(instant),
  status: word,
  next: instant,
  dependentJobs: maybe(fc.array(word, { maxLength: 3 })),
});

const target: fc.Arbitrary<Target> = shape({ executionId: word, stamp: fixed, nodeName: word });
const targets = fc.array(target, { maxLength: 3 });

const tickDecision: fc.Arbitrary<TickDecision> = shape({
  jobName: word,
  version: count,
  tick: instant,
  lastTick: instant,
  count,
  decision,
  reason: tickReason,
  trigger,
  group: fixed,
  targets,
  nextTick: maybe(instant),
  next: instant,
});

const runStart: fc.Arbitrary<RunStart> = fc.oneof(
  shape({
    kind: fc.constantFrom('manual', 'create' as const),
    jobName: word,
    group: fixed,
    targets,
    respectConcurrency: fc.boolean(),
    token: word,
  }),
  shape({ kind: fc.constant('child' as const), dueId: fixed, jobName: word, group: fixed, rootGroup: fixed, targets }),
  shape({
    kind: fc.constant('retry' as const),
    dueId: fixed,
    jobName: word,
    group: fixed,
    attempt: count,
    fromNode: word,
    target,
  }),
);

export const output: fc.Arbitrary<ExecutionOutput> = shape({ head: bytes, tail: bytes, totalBytes: count });

const update: fc.Arbitrary<ExecutionUpdate> = fc.oneof(
  shape({ kind: fc.constant('started' as const), id: word, attempt: count, at: instant }),
  shape({
    kind: fc.constant('finished' as const),
    id: word,
    attempt: count,
    state: fc.constantFrom('success', 'failed', 'lost', 'cancelled' as const),
    reason,
    exitCode,
    startedAt: instant,
    finishedAt: instant,
    output,
    slotHoldMs: maybe(count),
  }),
  shape({ kind: fc.constant('cancelRequested' as const), id: word, at: instant, slotHoldMs: maybe(count) }),
  shape({ kind: fc.constant('released' as const), id: word, dueId: fixed, confirmed: fc.boolean() }),
  shape({ kind: fc.constant('processed' as const), id: word, dueId: fixed, output: maybe(bytes) }),
);

type CommandArbitraries = { readonly [K in Command['type']]: fc.Arbitrary<Extract<Command, { type: K }>> };

export const commands: CommandArbitraries = {
  putJob: shape({
    type: fc.constant('putJob'),
    stamp: fixed,
    definition,
    submitted,
    precondition,
    plannedFrom: count,
    plan,
  }),
  deleteJob: shape({ type: fc.constant('deleteJob'), stamp: fixed, name: word, precondition }),
  toggleJob: shape({
    type: fc.constant('toggleJob'),
    stamp: fixed,
    name: word,
    precondition,
    plannedFrom: count,
    disabled: fc.boolean(),
    plan,
  }),
  decideTicks: shape({
    type: fc.constant('decideTicks'),
    stamp: fixed,
    decisions: fc.array(tickDecision, { maxLength: 4 }),
  }),
  startRuns: shape({ type: fc.constant('startRuns'), stamp: fixed, starts: fc.array(runStart, { maxLength: 4 }) }),
  executionUpdates: shape({
    type: fc.constant('executionUpdates'),
    stamp: fixed,
    updates: fc.array(update, { maxLength: 4 }),
    notify: fc.subarray(['cronitor', 'mail', 'webhook', 'pre-webhook'] as const),
  }),
  deleteExecutions: shape({ type: fc.constant('deleteExecutions'), stamp: fixed, name: word }),
  setPause: shape({
    type: fc.constant('setPause'),
    stamp: fixed,
    scope: fc.constantFrom('submissions', 'schedule' as const),
    paused: fc.boolean(),
  }),
  settleNotices: shape({
    type: fc.constant('settleNotices'),
    stamp: fixed,
    outcomes: fc.array(noticeOutcome, { maxLength: 4 }),
  }),
  putSetting: shape({ type: fc.constant('putSetting'), stamp: fixed, key: word, value: word }),
};

export { bytes, count, exitCode, fixed, instant, maybe, reason, shape, word };
