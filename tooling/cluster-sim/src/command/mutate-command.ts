import { parseArgs } from 'node:util';
import type { PlanLimits } from '../plan/draw-plan.ts';
import type { Mutation } from './mutations.ts';
import { MUTATIONS } from './mutations.ts';
import { runThreads } from './run-threads.ts';
import type { SeedOutcome } from './seeds-task.ts';

/** Puts one defect after the other into the code and simulates until a checker notices; prints a table. */
export async function mutateCommand(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '60' },
      minutes: { type: 'string', default: '5' },
      workers: { type: 'string', default: '2' },
      only: { type: 'string' },
      least: { type: 'string', default: '0' },
    },
  });
  const only = values.only?.split(',');
  const chosen = MUTATIONS.filter(({ id }) => only === undefined || only.includes(id));
  const limits = { minutes: Number(values.minutes) };
  let killed = 0;
  write('| Defect | What is wrong | Noticed by | Seed |\n|---|---|---|---|');
  for (const mutation of chosen) {
    const noticed = await notice(mutation, {
      seeds: Number(values.seeds),
      workers: Number(values.workers),
      limits: mutation.faults === undefined ? limits : { ...limits, faults: mutation.faults },
    });
    if (noticed !== undefined) killed += 1;
    const by = noticed === undefined ? 'survives' : noticed.failure!.invariant;
    write(`| \`${mutation.id}\` | ${mutation.what} | ${by} | ${noticed?.seed ?? `none of ${values.seeds}`} |`);
  }
  write(`\n${killed} of ${chosen.length} noticed`);
  return killed >= Number(values.least);
}

async function notice(
  mutation: Mutation,
  task: { readonly seeds: number; readonly workers: number; readonly limits: PlanLimits },
): Promise<SeedOutcome | undefined> {
  let noticed: SeedOutcome | undefined;
  await runThreads({ ...task, firstSeed: 1, twiceEvery: 0, mutation }, (outcome) => {
    if (outcome.failure !== undefined) noticed ??= outcome;
    return noticed !== undefined;
  });
  return noticed;
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
