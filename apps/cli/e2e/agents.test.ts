import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@dkron/harness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
/** Of the agent's image. */
const AGENT = fileURLToPath(new URL('../../agent/bundle/main.js', import.meta.url));
const SLOW = { timeout: 60_000, interval: 200 };

interface Node {
  readonly child: ChildProcess;
  readonly log: () => string;
  readonly exit: Promise<number | null>;
}

interface Execution {
  readonly id: string;
  readonly state: string;
  readonly output: string;
  readonly node_name: string;
}

/** Servers and agents as processes of the built command. */
describe('agents of a cluster of processes', () => {
  let folder: string;
  let nodes: Map<string, Node>;
  let http: Map<string, number>;
  let seeds: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dkron-agents-'));
    nodes = new Map();
    http = new Map();
    seeds = [];
  });

  afterEach(async () => {
    for (const { child } of nodes.values()) child.kill('SIGKILL');
    await Promise.all([...nodes.values()].map(({ exit }) => exit));
    rmSync(folder, { recursive: true, force: true });
  });

  function launch(name: string, gossip: string, args: readonly string[], program = CLI): Node {
    const common = [
      '--profile=local',
      `--bind-addr=${gossip}`,
      `--advertise-addr=${gossip}`,
      '--rpc-port=0',
      `--node-name=${name}`,
      `--data-dir=${join(folder, name)}`,
    ];
    const child = spawn(process.execPath, [program, 'agent', ...common, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (log = (log + text).slice(-20_000)));
    const exit = once(child, 'close').then(([code]) => code as number | null);
    const node = { child, exit, log: () => log };
    nodes.set(name, node);
    return node;
  }

  async function startServers(names: readonly string[]): Promise<void> {
    const gossip = await Promise.all(names.map(freePort));
    seeds = gossip.map((port) => `127.0.0.1:${port}`);
    for (const [i, name] of names.entries()) {
      const port = await freePort();
      http.set(name, port);
      const joins = seeds.filter((_, j) => j !== i).map((seed) => `--retry-join=${seed}`);
      launch(name, seeds[i]!, [
        '--server',
        `--bootstrap-expect=${names.length}`,
        '--lease=4s',
        `--http-addr=127.0.0.1:${port}`,
        ...joins,
      ]);
    }
    await expect.poll(leader, SLOW).not.toBe('');
  }

  async function startAgent(name: string, program = CLI): Promise<Node> {
    const joins = seeds.map((seed) => `--retry-join=${seed}`);
    const args = ['--tag=pool=agents', '--retry-interval=1s', ...joins];
    return launch(name, `127.0.0.1:${await freePort()}`, args, program);
  }

  const memberStatus = async (name: string): Promise<string | undefined> =>
    (await ask<{ Name: string; statusText: string }[]>('/members'))?.find(({ Name }) => Name === name)?.statusText;

  /** A node that was taken for dead may have its session back a moment before the pool knows that it lives. */
  async function connected(name: string): Promise<void> {
    await expect.poll(() => nodes.get(name)!.log(), SLOW).toContain('session: welcomed');
    await expect.poll(() => memberStatus(name), SLOW).toBe('alive');
  }

  /** The body that any living server answers; undefined when none does. */
  async function ask<T>(path: string, init?: RequestInit): Promise<T | undefined> {
    for (const [name, port] of http) {
      if (nodes.get(name)?.child.exitCode !== null || nodes.get(name)?.child.signalCode !== null) continue;
      const answer = await fetch(`http://127.0.0.1:${port}/v1${path}`, init).catch(() => undefined);
      if (answer?.ok === true) return (await answer.json()) as T;
    }
    return undefined;
  }

  const leader = async (): Promise<string> => (await ask<{ Name: string }>('/leader'))?.Name ?? '';

  async function post(job: object): Promise<void> {
    const body = JSON.stringify({ schedule: '@manually', executor: 'shell', tags: { pool: 'agents' }, ...job });
    await expect.poll(() => ask('/jobs', { method: 'POST', body }), SLOW).toBeDefined();
  }

  const run = (job: string): Promise<unknown> => ask(`/jobs/${job}/run?async=true`, { method: 'POST' });
  const executions = async (job: string): Promise<Execution[]> =>
    (await ask<Execution[]>(`/jobs/${job}/executions`)) ?? [];
  const states = async (job: string): Promise<string> => (await executions(job)).map(({ state }) => state).join();

  it('a leader that dies takes nothing along: the run goes on, once, and its result is kept', async () => {
    await startServers(['s1', 's2', 's3']);
    await startAgent('a1');
    await connected('a1');
    const marks = join(folder, 'marks');
    writeFileSync(marks, '');
    await post({
      name: 'long',
      executor_config: { shell: 'true', command: `echo run >> ${marks}; sleep 6; echo done` },
    });
    void run('long');
    await expect.poll(() => readFileSync(marks, 'utf8'), SLOW).toBe('run\n');
    const dead = await leader();
    nodes.get(dead)!.child.kill('SIGKILL');
    await expect.poll(async () => [dead, ''].includes(await leader()), SLOW).toBe(false);
    await expect.poll(() => states('long'), SLOW).toBe('success');
    expect((await executions('long'))[0]).toMatchObject({ node_name: 'a1', output: 'done\n' });
    expect(readFileSync(marks, 'utf8')).toBe('run\n');
    await post({ name: 'next', executor_config: { command: 'echo next' } });
    await run('next');
    await expect.poll(() => states('next'), SLOW).toBe('success');
  }, 180_000);

  it('an agent that dies has lost its run after a lease, and is there again when it comes back', async () => {
    await startServers(['s1']);
    await startAgent('a1');
    await connected('a1');
    await post({ name: 'long', executor_config: { command: 'sleep 600' } });
    void run('long');
    await expect.poll(() => states('long'), SLOW).toBe('running');
    nodes.get('a1')!.child.kill('SIGKILL');
    await expect.poll(() => states('long'), SLOW).toBe('lost');
    await startAgent('a1');
    await connected('a1');
    await post({ name: 'next', executor_config: { command: 'echo next' } });
    await run('next');
    await expect.poll(() => states('next'), SLOW).toBe('success');
  }, 180_000);

  it('output of a remote agent is seen as it comes, on the leader and on a follower; cancel and timeout end its process group', async () => {
    await startServers(['s1', 's2']);
    await startAgent('a1', AGENT);
    await connected('a1');
    const child = join(folder, 'child');
    const talk = `sleep 600 & echo $! > ${child}.tmp; mv ${child}.tmp ${child}; echo one; wait`;
    await post({ name: 'talks', executor_config: { shell: 'true', command: talk } });
    const begun = async (): Promise<number> => {
      await expect.poll(() => existsSync(child), SLOW).toBe(true);
      await expect.poll(() => states('talks'), SLOW).toContain('running');
      return Number(readFileSync(child, 'utf8'));
    };
    void run('talks');
    const first = await begun();
    const [{ id } = { id: '' }] = await executions('talks');
    const watched = await Promise.all(
      [...http.values()].map((port) => streamUntil(`http://127.0.0.1:${port}/v1/executions/${id}/output`, 'one')),
    );
    expect(watched.every((text) => text.includes('one'))).toBe(true);
    expect(running(first)).toBe(true);
    await ask(`/executions/${id}/cancel`, { method: 'POST' });
    await expect.poll(() => states('talks'), SLOW).toBe('cancelled');
    await expect.poll(() => running(first), SLOW).toBe(false);

    rmSync(child);
    await post({ name: 'talks', executor_config: { shell: 'true', command: talk }, timeout: '2s' });
    void run('talks');
    const second = await begun();
    await expect.poll(() => states('talks'), SLOW).toMatch(/failed/);
    expect(await ask('/executions?job=talks&state=failed')).toMatchObject([{ node_name: 'a1', reason: 'timeout' }]);
    await expect.poll(() => running(second), SLOW).toBe(false);
  }, 180_000);

  it('SIGTERM: the agent waits for its run, reports it, leaves, and ends with 0', async () => {
    await startServers(['s1']);
    const agent = await startAgent('a1');
    await connected('a1');
    await post({ name: 'short', executor_config: { shell: 'true', command: 'sleep 2; echo done' } });
    void run('short');
    await expect.poll(() => states('short'), SLOW).toBe('running');
    agent.child.kill('SIGTERM');
    expect(await agent.exit).toBe(0);
    expect((await executions('short'))[0]).toMatchObject({ state: 'success', output: 'done\n' });
    await expect.poll(() => memberStatus('a1'), SLOW).toBe('left');
  }, 180_000);
});

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that ended and that nobody has waited for is still there.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Reads a stream of events until a text is in it. */
async function streamUntil(url: string, text: string): Promise<string> {
  const abort = new AbortController();
  const headers = { accept: 'text/event-stream' };
  const { body } = await fetch(url, { headers, signal: AbortSignal.any([abort.signal, AbortSignal.timeout(60_000)]) });
  let seen = '';
  for await (const chunk of body ?? []) {
    seen += new TextDecoder().decode(chunk);
    if (seen.includes(text)) break;
  }
  abort.abort();
  return seen;
}
