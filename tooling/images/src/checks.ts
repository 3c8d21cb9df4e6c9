import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@dkron/harness';
import type { Engine } from './engine.ts';
import type { Execution, ImageCluster, Tick } from './cluster.ts';
import { AGENTS, SERVERS } from './cluster.ts';

/** What the checks work on. */
export interface Subject {
  /** Updates one node of each kind only. */
  readonly brief: boolean;
  readonly engine: Engine;
  readonly cluster: ImageCluster;
  readonly images: { readonly server: string; readonly agent: string };
  /** The same programs under other ids, as a release would bring them. */
  readonly next: { readonly server: string; readonly agent: string };
  readonly sizesMb: Readonly<Record<string, number>>;
}

export interface Check {
  readonly name: string;
  /** @returns a figure worth telling @throws Error when what is promised is not so */
  run(subject: Subject): Promise<string | void>;
}

const JOB = 'each-second';
const WAIT_MS = 120_000;
/** Over that of Debian and Node, which are not ours. */
const OWN_MB_MAX = { server: 30, agent: 20 };
const NOT_IN_AGENT = ['raft', 'raft-grpc', 'store', 'scheduler', 'server', 'cli', 'classic-level', 'fastify'];

/** In this order; each stands on what those before it left. */
export const CHECKS: readonly Check[] = [
  { name: 'images: user, health check, size', run: images },
  { name: 'the agent image has no consensus, no store, no REST API', run: agentContents },
  { name: 'five identical commands: all healthy, one leader, five members', run: formation },
  { name: 'a job runs each second on both agents', run: firstRuns },
  { name: 'the leader is killed: another leads, the ticks go on, it comes back', run: loseLeader },
  { name: 'rolling update: agents, followers one by one, the leader last', run: rollingUpdate },
  { name: 'each second was decided once and ran', run: ledger },
];

async function images({ engine, images: { server, agent }, sizesMb }: Subject): Promise<string> {
  for (const image of [server, agent]) {
    const format = '{{.Config.User}} {{len .Config.Healthcheck.Test}}';
    const [user, words] = (await engine.must(['image', 'inspect', '--format', format, image])).split(' ');
    if (user !== 'dkron' || Number(words) < 2)
      throw new Error(`${image}: user ${user}, health check of ${words} words`);
    const run = ['run', '--rm', '--network', 'none', '--entrypoint', 'id', image, '-u'];
    if ((await engine.must(run)) === '0') throw new Error(`${image} runs as root`);
  }
  for (const [kind, most] of Object.entries(OWN_MB_MAX)) {
    const size = sizesMb[`${kind} own`] ?? Infinity;
    if (size > most) throw new Error(`${kind}: ${size} MB besides Debian and Node, allowed are ${most}`);
  }
  return Object.entries(sizesMb)
    .map(([name, size]) => `${name} ${size} MB`)
    .join(', ');
}

async function agentContents({ engine, images: { agent } }: Subject): Promise<void> {
  const run = (...command: string[]): Promise<string> =>
    engine.must(['run', '--rm', '--network', 'none', '--entrypoint', command[0]!, agent, ...command.slice(1)]);
  const folders = (await run('find', '/app', '-type', 'd')).split('\n');
  const bundled = JSON.parse(await run('cat', '/app/bundle/packages.json')) as { readonly name: string }[];
  const found = NOT_IN_AGENT.filter((name) => {
    const names = [name, `@dkron/${name}`];
    return (
      bundled.some((each) => names.includes(each.name)) ||
      folders.some((folder) => names.some((each) => folder.endsWith(`/node_modules/${each}`)))
    );
  });
  if (found.length > 0) throw new Error(`the agent image has ${found.join(', ')}`);
}

async function formation({ cluster }: Subject): Promise<string> {
  const startMs = performance.now();
  await cluster.up();
  const leader = await cluster.leader();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  for (const service of [...SERVERS, ...AGENTS]) await cluster.ready(service);
  for (const service of [...SERVERS, ...AGENTS]) await cluster.healthy(service);
  await until('five members are alive', WAIT_MS, async () => {
    const members = await cluster.ask<{ statusText: string }[]>(leader, '/members');
    return members.filter(({ statusText }) => statusText === 'alive').length === 5 ? true : undefined;
  });
  const page = await cluster.fetch(leader, '/ui/');
  if (page.status !== 200 || !page.text.includes('<html')) throw new Error(`/ui/ answered ${page.status}`);
  return `leader after ${seconds} s from nothing`;
}

async function firstRuns({ cluster }: Subject): Promise<void> {
  const job = {
    name: JOB,
    schedule: '@every 1s',
    executor: 'shell',
    executor_config: { command: 'echo done', shell: 'true' },
    tags: { pool: 'agents:1' },
    catchup: 'all',
  };
  await cluster.ask('server2', '/jobs', { method: 'POST', body: job });
  await until('both agents ran it', WAIT_MS, async () => {
    const runs = await executions(cluster, 'server1');
    const nodes = new Set(runs.filter(({ state }) => state === 'success').map(({ node_name: node }) => node));
    await sleep(500);
    return AGENTS.every((name) => nodes.has(name)) ? true : undefined;
  });
}

async function loseLeader({ cluster }: Subject): Promise<string> {
  const first = await cluster.leader();
  const rest = SERVERS.filter((name) => name !== first);
  const startMs = performance.now();
  await cluster.kill(first);
  const second = await cluster.leader(rest);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  await decidedAfter(cluster, second, Date.now());
  await cluster.start(first);
  await cluster.ready(first);
  await voters(cluster, second);
  return `${first} → ${second}, seen after ${seconds} s`;
}

async function rollingUpdate({ brief, cluster, next }: Subject): Promise<string> {
  const startMs = performance.now();
  for (const agent of brief ? AGENTS.slice(0, 1) : AGENTS) {
    await cluster.up(agent, next.agent);
    await cluster.ready(agent);
  }
  const first = await cluster.leader();
  const followers = SERVERS.filter((name) => name !== first);
  for (const server of [...(brief ? followers.slice(0, 1) : followers), first]) {
    await cluster.up(server, next.server);
    await cluster.ready(server);
    await voters(cluster, await cluster.leader());
  }
  await decidedAfter(cluster, await cluster.leader(), Date.now());
  return `${((performance.now() - startMs) / 1000).toFixed(0)} s`;
}

/** Waits until all three servers vote and are alive. */
async function voters(cluster: ImageCluster, at: string): Promise<void> {
  await until('three servers are alive', WAIT_MS, async () => {
    const members = await cluster.ask<{ Name: string; statusText: string }[]>(at, '/members').catch(() => []);
    const alive = members.filter(({ statusText }) => statusText === 'alive').map(({ Name }) => Name);
    return SERVERS.every((name) => alive.includes(name)) ? true : undefined;
  });
}

async function ledger({ cluster }: Subject): Promise<string> {
  const leader = await cluster.leader();
  const ticks = await cluster.ask<Tick[]>(leader, `/jobs/${JOB}/ticks?consistent&_order=ASC&_end=1000`);
  const scheduled = ticks.map(({ tick, decision, count }) => ({ atMs: Date.parse(tick), decision, count }));
  const wrong = scheduled.filter(({ decision, count }) => decision !== 'run' || count !== 1);
  if (wrong.length > 0) throw new Error(`not run: ${JSON.stringify(wrong.slice(0, 5))}`);
  const gap = scheduled.find(({ atMs }, at) => at > 0 && atMs !== (scheduled[at - 1]?.atMs ?? 0) + 1_000);
  if (gap) throw new Error(`no tick in the second before ${new Date(gap.atMs).toISOString()}, or two`);
  await cluster.ask(leader, `/jobs/${JOB}/toggle`, { method: 'POST' });
  await until('nothing runs any more', WAIT_MS, async () => {
    const open = (await executions(cluster, leader)).filter(({ state }) => ['pending', 'running'].includes(state));
    return open.length === 0 ? true : undefined;
  });
  const failed = (await executions(cluster, leader)).filter(({ state }) => state !== 'success');
  if (failed.length > 0) throw new Error(`executions that did not succeed: ${JSON.stringify(failed.slice(0, 5))}`);
  return `${scheduled.length} seconds in a row`;
}

function executions(cluster: ImageCluster, at: string): Promise<Execution[]> {
  return cluster.ask<Execution[]>(at, `/jobs/${JOB}/executions`).catch(() => []);
}

async function decidedAfter(cluster: ImageCluster, at: string, sinceMs: number): Promise<void> {
  await until('a tick is decided', WAIT_MS, async () => {
    const [newest] = await cluster.ask<Tick[]>(at, `/jobs/${JOB}/ticks?_end=1`).catch(() => []);
    return newest !== undefined && Date.parse(newest.tick) > sinceMs ? true : undefined;
  });
}
