import type { Random } from '@dkron/runtime';
import type { Known, Shape } from './known.ts';

const NAMES_PER_WRITER = 10;
const TOGGLE_MS_MAX = 10_000;

/** Creates `count` jobs that tick every second and leave a mark per started attempt. */
export async function createTicking(url: string, count: number, marks: string, known: Known): Promise<void> {
  for (let i = 0; i < count; i++) {
    const name = `tick-${i}`;
    await put(
      url,
      known,
      name,
      { command: `echo ${name} >> ${marks}; ${i % 5 === 0 ? 'sleep 1.5' : 'true'}`, disabled: false },
      {
        schedule: '@every 1s',
        concurrency: i % 3 === 0 ? 'forbid' : 'allow',
        retries: i % 4 === 0 ? 1 : 0,
      },
    );
    known.tickingSince.set(name, Date.now());
    if (i % 3 === 0) known.forbids.add(name);
  }
}

export interface Writer {
  readonly url: string;
  /** Each writer has names of its own, so that the order of its answers is the order of the changes. */
  readonly number: number;
  readonly random: Random;
  readonly known: Known;
  /** Jobs that tick; a writer edits and toggles those of its number, and runs any. */
  readonly tickingCount: number;
  readonly writers: number;
}

/** Creates, edits, deletes, toggles and runs jobs one after another until `signal` aborts; remembers what was answered. */
export async function churn(writer: Writer, signal: AbortSignal): Promise<void> {
  const { random, known, number, tickingCount } = writer;
  for (let n = 0; n < 1_000_000 && !signal.aborted; n++) {
    const name = `edit-${number}-${random.nextInt(NAMES_PER_WRITER)}`;
    const before = known.shapeOf(name);
    try {
      const dice = random.nextInt(20);
      if (dice < 9 || (before === undefined && dice < 16)) {
        await put(writer.url, known, name, { command: `true ${n}`, disabled: before?.disabled ?? false }, {}, signal);
      } else if (dice < 13) await remove(writer, name, signal);
      else if (dice < 16) await toggle(writer, name, signal);
      else if (dice < 17) await editTicking(writer, n, signal);
      else await runNow(writer, `tick-${random.nextInt(tickingCount)}`, signal);
    } catch (error) {
      if (signal.aborted || (error as Error).message === 'fetch failed') return;
      throw error;
    }
  }
}

async function put(
  url: string,
  known: Known,
  name: string,
  { command, disabled }: Exclude<Shape, undefined>,
  more: object,
  signal?: AbortSignal,
): Promise<void> {
  const config = { executor: 'shell', executor_config: { shell: 'true', command } };
  const text = JSON.stringify({ name, schedule: '@manually', disabled, ...config, ...more });
  known.sending(name, { command, disabled });
  const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', body: text, ...(signal ? { signal } : {}) });
  const body = await answer.text();
  if (answer.status !== 201) throw new Error(`create ${name}: ${answer.status} ${body}`);
  known.acknowledged(name, { command, disabled });
}

async function remove({ url, known }: Writer, name: string, signal: AbortSignal): Promise<void> {
  const was = known.shapeOf(name);
  known.sending(name, undefined);
  const answer = await fetch(`${url}/v1/jobs/${name}`, { method: 'DELETE', signal });
  await answer.text();
  if (answer.status !== (was === undefined ? 404 : 200)) throw new Error(`delete ${name}: ${answer.status}`);
  known.acknowledged(name, undefined);
}

/** What was disabled while it ticked gets its range on record, so that its ledger reaches until now. */
export async function enableTicking(url: string, known: Known): Promise<void> {
  for (const name of known.tickingSince.keys()) {
    if (known.shapeOf(name)?.disabled) await toggle({ url, known }, name, AbortSignal.timeout(TOGGLE_MS_MAX));
  }
}

async function toggle({ url, known }: Pick<Writer, 'url' | 'known'>, name: string, signal: AbortSignal): Promise<void> {
  const before = known.shapeOf(name);
  if (before === undefined) return;
  const after = { ...before, disabled: !before.disabled };
  known.sending(name, after);
  const answer = await fetch(`${url}/v1/jobs/${name}/toggle`, { method: 'POST', signal });
  const { disabled } = JSON.parse(await answer.text()) as { disabled?: boolean };
  if (answer.status !== 200) throw new Error(`toggle ${name}: ${answer.status}`);
  if (disabled !== after.disabled) throw new Error(`toggle ${name}: answered disabled ${disabled}`);
  known.acknowledged(name, after);
}

/** Another definition of a ticking job, or off and on: neither may cost or double a tick. */
async function editTicking(writer: Writer, n: number, signal: AbortSignal): Promise<void> {
  const { random, number, writers, tickingCount } = writer;
  const mine = Array.from({ length: tickingCount }, (_, i) => i).filter((i) => i % writers === number);
  const name = `tick-${mine[random.nextInt(mine.length)] ?? 0}`;
  if (random.nextInt(2) === 0) return toggle(writer, name, signal);
  const stored = await (await fetch(`${writer.url}/v1/jobs/${name}`, { signal })).text();
  const {
    executor_config: config,
    disabled,
    ...job
  } = JSON.parse(stored) as {
    executor_config: { shell: string; command: string };
    disabled: boolean;
    schedule: string;
    concurrency: string;
    retries: number;
  };
  const { schedule, concurrency, retries } = job;
  const more = { schedule, concurrency, retries, owner: `owner ${n}` };
  await put(writer.url, writer.known, name, { command: config.command, disabled }, more, signal);
}

async function runNow({ url, known }: Writer, name: string, signal: AbortSignal): Promise<void> {
  const answer = await fetch(`${url}/v1/jobs/${name}/run?wait=false`, { method: 'POST', signal });
  const text = await answer.text();
  if (answer.status !== 202) return;
  for (const id of (JSON.parse(text) as { executions: string[] }).executions) known.runs.set(id, name);
}
