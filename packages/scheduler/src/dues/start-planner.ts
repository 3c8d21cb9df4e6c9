import type { Due, JobDefinition, JobName, Member, NodeName, RunStart, Target } from '@dkron/jobs';
import { executionIdOf } from '../context.ts';
import type { Context } from '../context.ts';

/** Chooses group, ids and targets of starts by hand, by parent and by retry. */
export class StartPlanner {
  readonly #context: Context;
  readonly #isReachable: (node: NodeName) => boolean;
  /** Nodes that retries under way move to, with job and group: the state does not know of them yet. */
  readonly #moving = new Set<string>();

  constructor(context: Context, isReachable: (node: NodeName) => boolean) {
    this.#context = context;
    this.#isReachable = isReachable;
  }

  /** A fresh draw of the job's targets; none for an unknown job, which apply then refuses. */
  targetsOf(jobName: JobName): readonly Target[] {
    const { view, planner, membership, random } = this.#context;
    const job = view.getJob(jobName);
    if (job === undefined) return [];
    return planner.planTargets(job.definition, membership.members(), random).map((node) => this.#target(node));
  }

  /** No start is under way any more: the state knows of all of them. */
  settled(): void {
    this.#moving.clear();
  }

  startOf(due: Due): RunStart {
    const { stamps } = this.#context;
    const { id: dueId, jobName, rootGroup } = due;
    if (due.kind === 'child') {
      return { kind: 'child', dueId, jobName, group: stamps.next(), rootGroup, targets: this.targetsOf(jobName) };
    }
    const target = this.#target(this.#retryNode(due));
    return { kind: 'retry', dueId, jobName, group: due.group, attempt: due.attempt, fromNode: due.nodeName, target };
  }

  /** The same node while it can be reached; else, when the job asks for some of many, a match that never had a part in the run. */
  #retryNode(due: Due): NodeName {
    const { view, membership } = this.#context;
    const members = membership.members();
    if (this.#isUsable(due.nodeName, members)) return due.nodeName;
    const definition = view.getJob(due.jobName)?.definition;
    if (definition === undefined || !hasCardinality(definition)) return due.nodeName;
    const run = view.openRuns(due.jobName).find(({ group }) => group === due.group);
    const taken = new Set(run?.targets.map(({ nodeName }) => nodeName) ?? []);
    // Those that retries moved away from, too: a node, a run and an attempt name one execution.
    for (const { group, nodeName } of view.executions(due.jobName)) if (group === due.group) taken.add(nodeName);
    const move = (name: NodeName): string => `${due.group} ${name} ${due.jobName}`;
    const others = members.filter(
      ({ name }) => !taken.has(name) && !this.#moving.has(move(name)) && this.#isUsable(name, members),
    );
    const [node] = this.#context.planner.planTargets(definition, others, this.#context.random);
    if (node === undefined) return due.nodeName;
    this.#moving.add(move(node));
    return node;
  }

  #isUsable(node: NodeName, members: readonly Member[]): boolean {
    return members.some(({ name, status }) => name === node && status === 'alive') && this.#isReachable(node);
  }

  #target(nodeName: NodeName): Target {
    const stamp = this.#context.stamps.next();
    return { executionId: executionIdOf(stamp, nodeName), stamp, nodeName };
  }
}

function hasCardinality({ tags }: JobDefinition): boolean {
  return Object.values(tags ?? {}).some((value) => value.split(':').length === 2);
}
