import { parseArgs } from 'node:util';
import type { drawPlan, PlanLimits } from '../plan/draw-plan.ts';
import type { simulate } from '../run/simulate.ts';
import { runThreads } from './run-threads.ts';
import type { SeedOutcome } from './seeds-task.ts';

interface Simulator {
  readonly simulate: typeof simulate;
  readonly drawPlan: typeof drawPlan;
}

const SECOND = 1000;
const FAILURES_SHOWN = 20;

/** Runs many seeds and says what came of them; false when an invariant broke. */
export async function runCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '10' },
      servers: { type: 'string' },
      agents: { type: 'string' },
      workers: { type: 'string', default: '2' },
      once: { type: 'boolean', default: false },
      'no-faults': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      marks: { type: 'boolean', default: false },
    },
  });
  const limits: PlanLimits = {
    minutes: Number(values.minutes),
    ...(values.servers === undefined ? {} : { servers: Number(values.servers) }),
    ...(values.agents === undefined ? {} : { agents: Number(values.agents) }),
    ...(values['no-faults'] ? { faults: 'none' } : {}),
  };
  const firstSeed = Number(values.seed);
  if (values.trace) return await traceOne(firstSeed, limits);
  if (values.shrink) return await shrinkOne(firstSeed, limits);
  const seeds = Number(values.seeds);
  const workers = Math.min(Number(values.workers), seeds);
  const task = { firstSeed, seeds, workers, twiceEvery: values.once ? 0 : 1, limits };
  const summary = new Summary();
  await runThreads(task, (outcome) => {
    summary.add(outcome);
    return false;
  });
  return summary.print(values.marks);
}

/** What is simulated is loaded by those who simulate: it takes as long as a seed. */
async function simulator(): Promise<Simulator> {
  const [run, plan] = await Promise.all([import('../run/simulate.ts'), import('../plan/draw-plan.ts')]);
  return { simulate: run.simulate, drawPlan: plan.drawPlan };
}

/** One seed, told line by line. */
async function traceOne(seed: number, limits: PlanLimits): Promise<boolean> {
  const sim = await simulator();
  const trace = (text: string): void => void process.stdout.write(`${text}\n`);
  const { failure, hash } = await sim.simulate(sim.drawPlan(seed, limits), { trace });
  trace(`seed ${seed}: hash ${hash}, ${failure?.message ?? 'no violation'}`);
  return failure === undefined;
}

/** Leaves out what a failure does not need. */
async function shrinkOne(seed: number, limits: PlanLimits): Promise<boolean> {
  const sim = await simulator();
  const { shrink } = await import('./shrink.ts');
  const plan = await shrink(sim.drawPlan(seed, limits));
  if (plan === undefined) return true;
  process.stdout.write(`${JSON.stringify(plan, undefined, 1)}\n`);
  const { failure } = await sim.simulate(plan);
  process.stdout.write(`${failure?.message}\n`);
  return false;
}

/** Adds the outcomes up. */
class Summary {
  readonly #outcomes: SeedOutcome[] = [];
  readonly #marks = new Map<string, { seeds: number; times: number }>();

  add(outcome: SeedOutcome): void {
    this.#outcomes.push(outcome);
    for (const [mark, times] of outcome.marks) {
      const sum = this.#marks.get(mark) ?? { seeds: 0, times: 0 };
      this.#marks.set(mark, { seeds: sum.seeds + 1, times: sum.times + times });
    }
    const { seed, failure } = outcome;
    if (failure !== undefined) write(`seed ${seed} at ${(failure.timeMs / SECOND).toFixed(3)} s: ${failure.message}`);
  }

  /** True when nothing broke. */
  print(marks: boolean): boolean {
    const all = this.#outcomes.toSorted((a, b) => a.seed - b.seed);
    const sum = (of: (outcome: SeedOutcome) => number): number => all.reduce((total, one) => total + of(one), 0);
    const failed = all.filter(({ failure }) => failure !== undefined);
    const minutes = sum(({ simulatedMs, twice }) => (twice ? 2 : 1) * simulatedMs) / 60_000;
    const cpuS = sum(({ cpuMs }) => cpuMs) / SECOND;
    if (marks)
      for (const [mark, { seeds, times }] of [...this.#marks].toSorted(([a], [b]) => (a < b ? -1 : 1)))
        write(`  ${mark}: ${times} in ${seeds} seeds`);
    write(
      `${all.length} seeds, ${Math.round(minutes)} simulated minutes, ${all.filter(({ twice }) => twice).length} seeds twice; ` +
        `${sum(({ events }) => events)} events, ${sum(({ entries }) => entries)} entries, ` +
        `${sum(({ executions }) => executions)} executions decided, ${sum(({ runs }) => runs)} run`,
    );
    write(`${cpuS.toFixed(1)} CPU seconds: ${(minutes / cpuS).toFixed(1)} simulated minutes a CPU second`);
    write(
      `${failed.length} violations${
        failed.length === 0
          ? ''
          : `: seeds ${failed
              .slice(0, FAILURES_SHOWN)
              .map(({ seed }) => seed)
              .join(', ')}`
      }`,
    );
    return failed.length === 0;
  }
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
