import type { Fault } from '../plan/plan.ts';

/** A promise broken on purpose, to see whether a checker notices. */
export interface Mutation {
  readonly id: string;
  /** What is wrong. */
  readonly what: string;
  /** End of the path of the file. */
  readonly file: string;
  /** Text that must be in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Kinds of faults that are needed to see it: with others it shows too rarely. */
  readonly faults?: readonly Fault['kind'][];
}

export const MUTATIONS: readonly Mutation[] = [
  // What apply decides.
  {
    id: 'tick-decided-again',
    what: 'apply takes a tick that was decided before',
    file: 'store/src/apply/decide-ticks.ts',
    find: '} else if (decision.tick > stored.state.decidedUpTo) {',
    replace: '} else {',
    faults: ['kill-leader'],
  },
  {
    id: 'forbid-ignores-open-runs',
    what: 'an open run does not hold the slot',
    file: 'store/src/apply/slot.ts',
    find: 'return tx.openRuns(name).length + tx',
    replace: 'return tx',
  },
  {
    id: 'forbid-ignores-holds',
    what: 'a lost attempt does not keep the slot',
    file: 'store/src/apply/slot.ts',
    find: "+ tx.duesOf(name).filter((id) => tx.due(id)?.kind === 'hold').length",
    replace: '',
  },
  {
    id: 'hold-not-made',
    what: 'what is lost keeps no slot at all',
    file: 'store/src/apply/end-attempt.ts',
    find: "end.slotHoldMs !== null && job.definition.concurrency === 'forbid'",
    replace: 'false',
  },
  {
    id: 'hold-passes-silently',
    what: 'a slot that is let go is not recorded',
    file: 'store/src/apply/slot.ts',
    find: '    recordPassed(tx, hold);\n',
    replace: '    void hold;\n',
    faults: ['isolate-agent', 'stall', 'power'],
  },
  {
    id: 'result-counted-twice',
    what: 'a success that is reported again counts again',
    file: 'store/src/apply/finish.ts',
    find: 'if (isOpen(record)) {',
    replace: "if (isOpen(record) || update.state === 'success') {",
  },
  {
    id: 'lost-is-final',
    what: 'the true result of a lost execution is dropped',
    file: 'store/src/apply/finish.ts',
    find: "if (state !== 'lost' || !reviveLost(tx, record, update.startedAt)) {",
    replace: 'if (reviveLost.length >= 0) {',
  },
  {
    id: 'lost-wins-over-newer',
    what: 'a lost execution comes back although a newer run was decided',
    file: 'store/src/apply/lost.ts',
    find: ' || tx.meta(jobName).newestGroup > group',
    replace: '',
  },
  {
    id: 'retries-without-end',
    what: 'a failure is always tried again',
    file: 'store/src/apply/end-attempt.ts',
    find: 'const retry = wantsRetry(job.definition, execution.state, execution.attempt) &&',
    replace: "const retry = (wantsRetry.length >= 0 && execution.state === 'failed') &&",
  },
  {
    id: 'hash-by-object',
    what: 'whether a put job is written depends on the object that the server holds',
    file: 'store/src/apply/put-job.ts',
    find: 'definition: { ...definition },',
    replace: 'definition,',
  },
  // What the leader decides and says.
  {
    id: 'ticks-from-now',
    what: 'a new leader begins with the present instead of the last decided tick',
    file: 'scheduler/src/ticks/judge-job.ts',
    find: 'let after = state.decidedUpTo;',
    replace: 'let after = state.decidedUpTo > now - 3_000_000_000n ? state.decidedUpTo : now - 3_000_000_000n;',
  },
  {
    id: 'acts-without-lease',
    what: 'the engine does not ask whether it may still lead',
    file: 'scheduler/src/engine.ts',
    find: 'const mayAct = (): boolean => this.#running && modules.log.leadershipValid();',
    replace: 'const mayAct = (): boolean => this.#running;',
  },
  {
    id: 'pong-of-a-deposed-leader',
    what: 'a leader that may not act any more keeps its workers',
    file: 'scheduler/src/sessions/receiver.ts',
    find: "if (this.#context.mayAct()) send({ type: 'pong', n });",
    replace: "send({ type: 'pong', n });",
  },
  {
    id: 'lease-of-raft-for-ever',
    what: 'who led once may always lead',
    file: 'raft/src/node/raft-node.ts',
    find: 'return this.#modules.clock.monotonicMs() - engine.reads.leaseStartMs < this.#gate.leaseMs;',
    replace: 'return true;',
  },
  {
    id: 'gain-without-barrier',
    what: 'a new leader acts before it has applied what was committed before',
    file: 'server/src/cluster/leadership.ts',
    find: '      await node.barrier();\n',
    replace: '',
  },
  {
    id: 'engine-survives-its-term',
    what: 'the engine goes on when leadership is lost',
    file: 'server/src/node/lead.ts',
    find: '      goAgents.stop();\n      engine.stop();\n',
    replace: '      goAgents.stop();\n',
    faults: ['isolate-leader', 'stall-leader'],
  },
  {
    id: 'lease-never-ends',
    what: 'nothing is given up when a node is gone',
    file: 'scheduler/src/sessions/sessions.ts',
    find: "    for (const id of book.sent) this.#lose(book, id, 'lease');\n",
    replace: '',
  },
  {
    id: 'unsent-never-lost',
    what: 'what waits for a node that does not come waits for ever',
    file: 'scheduler/src/sessions/sessions.ts',
    find: "if (nowMs - queuedMs >= settings.leaseMs) this.#lose(book, id, 'unreachable');",
    replace: 'void queuedMs;',
    faults: ['lose-agent', 'kill'],
  },
  {
    id: 'retry-not-armed',
    what: 'a new leader does not arm the delays that it finds',
    file: 'scheduler/src/dues/due-timers.ts',
    find: '    for (const due of this.#context.view.dues()) this.#add(due);\n',
    replace: '',
  },
  {
    id: 'no-hold-for-leases',
    what: 'an attempt lost with its lease is held for ended',
    file: 'scheduler/src/sessions/sessions.ts',
    find: "const hold = reason === 'lease' ? this.#context.settings.forbidHoldMs : this.#holdOf(id);",
    replace: 'const hold = reason === undefined ? this.#holdOf(id) : null;',
  },
  // First contact, and every later one.
  {
    id: 'absent-not-sent-again',
    what: 'a dispatch that never arrived is not repeated at the hello',
    file: 'scheduler/src/sessions/reconcile.ts',
    find: 'update: null, dispatch: true };',
    replace: 'update: null, dispatch: false };',
    faults: ['isolate-agent'],
  },
  {
    id: 'died-stays-open',
    what: 'what died with its node is not ended',
    file: 'scheduler/src/sessions/reconcile.ts',
    find: "update: lost(known, item.startedAt, now), verdict: 'forget' };",
    replace: "update: null, verdict: 'forget' };",
  },
  {
    id: 'new-journal-trusted',
    what: 'a node without its journal is sent again what it had',
    file: 'scheduler/src/sessions/reconcile.ts',
    find: "if (state === 'pending' && sameJournal) {",
    replace: "if (state === 'pending' || sameJournal === undefined) {",
    faults: ['mute-agent', 'wipe-agent'],
  },
  {
    id: 'running-sent-again',
    what: 'what a node does not name is sent again even if it ran',
    file: 'scheduler/src/sessions/reconcile.ts',
    find: "if (state === 'pending' && sameJournal) {",
    replace: "if ((state === 'pending' || state === 'running') && sameJournal) {",
    faults: ['mute-agent', 'power', 'kill-leader'],
  },
  {
    id: 'ack-before-commit',
    what: 'a result is acknowledged before it is committed',
    file: 'scheduler/src/sessions/ack-window.ts',
    find: 'if (durable) this.#open.add(seq);',
    replace: 'void durable;',
  },
  // The worker.
  {
    id: 'fence-down',
    what: 'a worker takes the word of an earlier term',
    file: 'worker/src/worker.ts',
    find: 'if (term < maxTerm) {',
    replace: 'if (term < 0n) {',
    faults: ['isolate-leader', 'stall-leader', 'cut'],
  },
  {
    id: 'accept-not-synced',
    what: 'a start is not durable in the journal before it happens',
    file: 'worker/src/journal/journal.ts',
    find: "records.some((record) => record.type === 'accept')",
    replace: 'records.length < 0',
    faults: ['mute-agent', 'power'],
  },
  {
    id: 'journal-forgets-at-send',
    what: 'a result is forgotten when it is sent, not when it is acknowledged',
    file: 'worker/src/worker.ts',
    find: "{ type: 'finished', id, attempt: number, jobName, report }, () => this.#forget(attempt));",
    replace: "{ type: 'finished', id, attempt: number, jobName, report });\n      this.#forget(attempt);",
  },
  {
    id: 'result-not-told-again',
    what: 'a worker does not report again after a new welcome',
    file: 'worker/src/worker.ts',
    find: '    else this.#report(attempt);\n',
    replace: '',
    faults: ['isolate-agent', 'kill-leader', 'cut-agent-from-leader'],
  },
  // Who belongs to the cluster.
  {
    id: 'voter-beside-a-silent-one',
    what: 'a newcomer becomes voter while another one is dead',
    file: 'cluster/src/reconcile/reconcile.ts',
    find: 'else if (silent.length > 0) notes',
    replace: 'else if (silent.length < 0) notes',
    faults: ['replace-server'],
  },
  {
    id: 'never-swapped',
    what: 'a server that is gone for good is not replaced',
    file: 'cluster/src/reconcile/reconcile.ts',
    find: '[...departures(input), ...swaps(input), ...promotions',
    replace:
      '[...departures({ ...input, servers: new Map() }), ...swaps({ ...input, replaceAfterMs: Infinity }), ...promotions',
    faults: ['replace-server'],
  },
  {
    id: 'follower-accepts-sessions',
    what: 'a worker stays with a server that names another leader',
    file: 'agent-grpc/src/session/session-dialer.ts',
    find: 'if (this.#choice.redirected(server.name, outcome) && this.#hops++ < HOPS_MAX) return this.#dial();',
    replace: 'if (this.#hops++ < 0) return this.#dial();\n        return;',
    faults: ['kill-leader', 'isolate-leader'],
  },
];
