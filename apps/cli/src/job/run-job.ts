import type { DkronClient, Execution } from '@dkron/client';
import { CommandError } from '../errors.ts';
import type { Io } from '../io.ts';

const POLL_MS = 250;
const MISSING_POLLS_MAX = 8;
const OPEN: ReadonlySet<Execution['state']> = new Set(['pending', 'running']);
const RETRIED: ReadonlySet<Execution['state']> = new Set(['failed', 'lost']);

/** Starts a job, waits until the last attempt on every node has ended. @returns that of each node */
export async function runToEnd(client: DkronClient, name: string): Promise<readonly Execution[]> {
  const { retries } = await client.getJob(name);
  const { group, executions } = await client.startJob(name, { idempotencyKey: crypto.randomUUID() });
  let missing = 0;
  for (;;) {
    const { items } = await client.listExecutions({ job: name, group, _end: 1000 });
    // An ephemeral job takes its executions along when it ends.
    missing = items.length === 0 ? missing + 1 : 0;
    if (missing > MISSING_POLLS_MAX) {
      throw new CommandError(`the executions ${executions.join(', ')} are no longer stored; their end is unknown`);
    }
    const last = lastAttempts(items);
    if (last.length > 0 && last.length >= executions.length && last.every((one) => isFinal(one, retries))) {
      return last;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}

function lastAttempts(items: readonly Execution[]): Execution[] {
  const byNode = new Map<string, Execution>();
  for (const item of items) {
    const known = byNode.get(item.node_name);
    if (known === undefined || known.attempt < item.attempt) byNode.set(item.node_name, item);
  }
  return [...byNode.values()];
}

function isFinal(execution: Execution, retries: number): boolean {
  if (OPEN.has(execution.state)) return false;
  return !RETRIED.has(execution.state) || execution.attempt > retries;
}

export async function printOutputs(client: DkronClient, ended: readonly Execution[], io: Io): Promise<void> {
  const full = await Promise.all(ended.map(({ id }) => client.getExecution(id)));
  for (const one of full) {
    if (full.length > 1) io.err(`--- ${one.node_name}\n`);
    io.out(one.output ?? '');
  }
}

/** @throws CommandError with exit code 2 when a node ended without success */
export function expectSuccess(ended: readonly Execution[]): void {
  const bad = ended.filter((one) => !one.success);
  if (bad.length === 0) return;
  const ends = bad.map((one) => `${one.node_name}: ${one.state}${one.reason === undefined ? '' : ` (${one.reason})`}`);
  throw new CommandError(`the run ended unsuccessfully on ${ends.join(', ')}`, 2);
}
