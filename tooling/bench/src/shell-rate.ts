import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { vforkRate } from './vfork.ts';

const JOB = {
  name: 'shell-rate',
  schedule: '@manually',
  executor: 'shell',
  executor_config: { shell: 'true', command: 'true' },
};
const FLOOR_RUNS = 3_000;
/** Before a measurement: a server just started has not compiled its hot paths. */
const WARM_UP_MS = 3_000;
const MEASURED_MS = 8_000;

export interface ShellRate {
  /** Executions per second. */
  readonly rate: number;
  /** Of the C loop right before and after, the mean; undefined where there is no C compiler. */
  readonly floor: number | undefined;
}

/**
 * Shell executions per second: `sh -c true` by hand over the REST API, `inFlight` runs under way, each awaited to its
 * committed end. Client, server, helper and commands share this machine.
 */
export async function shellRate(url: string, inFlight: number): Promise<ShellRate> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  try {
    await post(agent, `${url}/v1/jobs`, JSON.stringify(JOB));
    await runs(agent, url, inFlight, WARM_UP_MS);
    const before = vforkRate(FLOOR_RUNS);
    const rate = await runs(agent, url, inFlight, MEASURED_MS);
    const after = vforkRate(FLOOR_RUNS);
    return { rate, floor: before === undefined || after === undefined ? undefined : (before + after) / 2 };
  } finally {
    agent.destroy();
  }
}

async function runs(agent: Agent, url: string, inFlight: number, durationMs: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < start + durationMs) {
      const status = await post(agent, `${url}/v1/jobs/${JOB.name}/run`, '');
      if (status !== 200) throw new Error(`run: ${status}`);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return done / ((performance.now() - start) / 1000);
}

/** Plain `node:http`: `fetch` costs the shared cores as much as a run costs the server. */
function post(agent: Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
