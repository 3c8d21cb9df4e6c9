import type { Random } from '@dkron/runtime';

export interface Acknowledged {
  /** Job name → the command it was acknowledged with. */
  readonly jobs: Map<string, string>;
  /** Names whose last request got no answer: either outcome is right. */
  readonly uncertain: Set<string>;
  readonly deleted: Set<string>;
  runs: number;
}

export function nothingAcknowledged(): Acknowledged {
  return { jobs: new Map(), uncertain: new Set(), deleted: new Set(), runs: 0 };
}

/** Creates `count` jobs that tick every second and leave a mark per started attempt. */
export async function createTicking(url: string, count: number, marks: string, known: Acknowledged): Promise<void> {
  for (let i = 0; i < count; i++) {
    const concurrency = i % 3 === 0 ? 'forbid' : 'allow';
    const command = `echo tick-${i} >> ${marks}; ${i % 5 === 0 ? 'sleep 1.5' : 'true'}`;
    await put(url, known, `tick-${i}`, {
      schedule: '@every 1s',
      concurrency,
      retries: i % 4 === 0 ? 1 : 0,
      executor_config: { shell: 'true', command },
    });
  }
}

/** Edits, deletes and runs jobs one after another until `signal` aborts; remembers only what was answered. */
export async function churn(url: string, random: Random, known: Acknowledged, signal: AbortSignal): Promise<void> {
  for (let n = 0; n < 1_000_000 && !signal.aborted; n++) {
    const name = `edit-${random.nextInt(30)}`;
    try {
      const dice = random.nextInt(10);
      if (dice < 6) await put(url, known, name, { executor_config: { command: `true ${n}` } }, signal);
      else if (dice < 8) await remove(url, known, name, signal);
      else await runNow(url, known, `tick-${random.nextInt(5)}`, signal);
    } catch (error) {
      if (signal.aborted || (error as Error).message === 'fetch failed') return;
      throw error;
    }
  }
}

async function put(url: string, known: Acknowledged, name: string, job: object, signal?: AbortSignal): Promise<void> {
  const text = JSON.stringify({ name, schedule: '@manually', executor: 'shell', ...job });
  known.uncertain.add(name);
  const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', body: text, ...(signal ? { signal } : {}) });
  const body = await answer.text();
  if (answer.status !== 201) throw new Error(`create ${name}: ${answer.status} ${body}`);
  const { executor_config } = JSON.parse(body) as { executor_config: { command: string } };
  known.jobs.set(name, executor_config.command);
  known.deleted.delete(name);
  known.uncertain.delete(name);
}

async function remove(url: string, known: Acknowledged, name: string, signal: AbortSignal): Promise<void> {
  known.uncertain.add(name);
  const answer = await fetch(`${url}/v1/jobs/${name}`, { method: 'DELETE', signal });
  await answer.text();
  if (answer.status !== 200 && answer.status !== 404) throw new Error(`delete ${name}: ${answer.status}`);
  known.jobs.delete(name);
  known.deleted.add(name);
  known.uncertain.delete(name);
}

async function runNow(url: string, known: Acknowledged, name: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/v1/jobs/${name}/run?wait=false`, { method: 'POST', signal });
  await answer.text();
  if (answer.status === 202) known.runs += 1;
}
