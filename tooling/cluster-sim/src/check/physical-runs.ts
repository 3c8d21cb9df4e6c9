import type { World } from '../world/world.ts';
import type { NodeTime } from '../world/node-time.ts';
import type { PhysicalRun } from '../world/sim-executor.ts';
import { must } from './broken.ts';
import type { ExecutionHistory, History } from './history.ts';

interface Fence {
  readonly process: NodeTime;
  maxTerm: bigint;
}

/** What really ran, against what was decided. */
export class PhysicalRuns {
  readonly byAttempt = new Map<string, PhysicalRun>();
  /** Of jobs that forbid overlap. */
  readonly #active = new Map<string, Set<PhysicalRun>>();
  readonly #fences = new Map<string, Fence>();
  /** Highest term that a dispatch of each attempt carried. */
  readonly #terms = new Map<string, bigint>();
  readonly #history: History;
  readonly #world: World;

  constructor(history: History, world: World) {
    this.#history = history;
    this.#world = world;
  }

  welcomed(node: string, process: NodeTime, term: bigint): void {
    const fence = this.#fence(node, process);
    if (term > fence.maxTerm) fence.maxTerm = term;
  }

  dispatched(
    node: string,
    process: NodeTime,
    { id, attempt, term }: { readonly id: string; readonly attempt: number; readonly term: bigint },
  ): void {
    const key = `${node} ${id} ${attempt}`;
    const fence = this.#fence(node, process);
    if (term < fence.maxTerm) {
      this.#world.mark('dispatch of an earlier term');
      return;
    }
    fence.maxTerm = term;
    this.#terms.set(key, term);
  }

  started(run: PhysicalRun, process: NodeTime): void {
    const { executionId: id, attempt, node, jobName } = run;
    const key = `${id} ${attempt}`;
    must(!this.byAttempt.has(key), 'StartOnce', () => `${id} attempt ${attempt} is started a second time on ${node}`);
    this.byAttempt.set(key, run);
    const known = this.#history.executions.get(id);
    must(
      known?.execution.attempt === attempt,
      'DecideBeforeDispatch',
      () => `${id} ${attempt} runs and was not decided`,
    );
    const term = this.#terms.get(`${node} ${key}`);
    const { maxTerm } = this.#fence(node, process);
    must(term !== undefined, 'TermFence', () => `${node} starts ${id}, which only an earlier leader sent`);
    if (term! < maxTerm) this.#world.mark('start of what an earlier leader sent');
    this.#world.mark('started');
    if (!known!.forbid || !this.#history.isAutomatic(known!.execution.trigger)) return;
    const active = this.#active.get(jobName) ?? new Set();
    this.#active.set(jobName, active);
    for (const other of active) this.#apart(run, known!, other);
    active.add(run);
  }

  ended(run: PhysicalRun): void {
    this.#active.get(run.jobName)?.delete(run);
  }

  /** Two runs of a job that forbids it are under way at the same time. */
  #apart(run: PhysicalRun, known: ExecutionHistory, other: PhysicalRun): void {
    const before = this.#history.executions.get(other.executionId);
    if (before === undefined || before.execution.group === known.execution.group) return;
    // A job that was deleted and made anew is another one.
    if (before.job !== known.job) return;
    const machine = [...this.#world.servers, ...this.#world.agents].find(({ name }) => name === other.node);
    const excused = before.released || machine?.excused === true;
    if (excused) this.#world.mark('overlap after a hold');
    must(excused, 'ForbidSlot', () => {
      return `${run.executionId} starts on ${run.node} while ${other.executionId} (${before.execution.state}) runs on ${other.node}`;
    });
  }

  #fence(node: string, process: NodeTime): Fence {
    let fence = this.#fences.get(node);
    if (fence?.process !== process) {
      fence = { process, maxTerm: 0n };
      this.#fences.set(node, fence);
    }
    return fence;
  }
}
