import type { Stage } from './stage.ts';
import { wait } from './stage.ts';

/** Longer than the lease of a node (15 s). */
const BEYOND_LEASE_MS = 20_000;
const DOWN_MS = { least: 0, most: 3_000 };
const STILL_MS = { least: 1_000, most: 6_000 };
const CUT_MS = { least: 1_000, most: 6_000 };
const LOSS_MS = 8_000;
const STEP_SECONDS = [5, -5, 20, -20];
const STEPPED_MS = 6_000;
const FULL_MS = 4_000;

/** One fault, from its beginning until what was done is undone again. It may find that it cannot be done here. */
export interface Fault {
  readonly name: string;
  /** `processes` and `network` may go on side by side. */
  readonly kind: 'processes' | 'network';
  /** How often by chance, beside the others. */
  readonly weight: number;
  /** Why it cannot be done here; '' = it can. */
  obstacle(stage: Stage): string;
  run(stage: Stage, signal?: AbortSignal): Promise<void>;
}

const can = (): string => '';
const cuts = ({ cluster }: Stage): string => (cluster.network.canCut ? '' : 'no network namespaces');

export const FAULTS: readonly Fault[] = [
  process('kill -9 of the leader', 4, async (stage, signal) => killOne(stage, await stage.leader(), signal)),
  process('kill -9 of a follower', 2, async (stage, signal) => killOne(stage, await stage.follower(), signal)),
  process('kill -9 of an agent', 3, (stage, signal) => killOne(stage, stage.pick(stage.cluster.agents), signal)),
  process('kill -9 of leader and an agent', 1, async (stage, signal) => {
    const victims = [await stage.leader(), stage.pick(stage.cluster.agents)];
    await Promise.all(victims.map((name) => killOne(stage, name, signal)));
  }),
  process('kill -9 of all nodes', 1, async (stage) => {
    await Promise.all(stage.cluster.nodes.map((name) => stage.kill(name)));
    for (const name of stage.cluster.nodes) await stage.start(name);
  }),
  process('the leader stands still', 2, async (stage, signal) => stand(stage, await stage.leader(), signal)),
  process('a follower stands still', 1, async (stage, signal) => stand(stage, await stage.follower(), signal)),
  process('an agent stands still', 2, (stage, signal) => stand(stage, stage.pick(stage.cluster.agents), signal)),
  process('an agent stands still for longer than its lease', 1, async (stage, signal) => {
    const name = stage.pick(stage.cluster.agents);
    if (!stage.cluster.runs(name)) return;
    const node = stage.cluster.server(name);
    node.pause();
    await wait(BEYOND_LEASE_MS, signal);
    node.resume();
  }),
  {
    ...process('a clock is stepped', 2, async (stage, signal) => {
      const name = stage.pick([await stage.leader(), ...stage.cluster.nodes]);
      const seconds = STEP_SECONDS[stage.random.nextInt(STEP_SECONDS.length)]!;
      stage.say(`clock of ${name} by ${seconds} s`);
      stage.clocks?.set(name, seconds);
      await wait(STEPPED_MS, signal);
      stage.clocks?.set(name, 0);
    }),
    obstacle: ({ clocks }) => (clocks === undefined ? 'no libfaketime' : ''),
  },
  {
    ...process('the disk of a server is full', 1, async (stage, signal) => {
      const name = stage.cluster.names.at(-1)!;
      stage.disk?.fill();
      await wait(FULL_MS, signal);
      // A server that cannot write ends, or hands over and waits; it must not go on with less than it has acknowledged.
      const ended = stage.cluster.runs(name) && stage.cluster.server(name).ended;
      stage.say(`${name} ${ended ? 'has ended' : 'has not ended yet'}`);
      // It may be about to end.
      await stage.kill(name);
      stage.disk?.free();
      await stage.start(name);
    }),
    obstacle: ({ disk }) => (disk === undefined ? 'no right to mount' : ''),
  },
  process('rolling restart of everything', 1, async (stage) => {
    for (const name of stage.cluster.nodes) {
      if (stage.cluster.runs(name)) await stage.cluster.stop(name);
      await stage.start(name);
      await stage.untilWell();
    }
  }),
  process('all nodes restarted with new addresses', 1, async (stage) => {
    await Promise.all(stage.cluster.nodes.map((name) => stage.kill(name)));
    for (const name of stage.cluster.nodes) await stage.cluster.readdress(name);
    for (const name of stage.cluster.nodes) await stage.start(name);
  }),
  network('the leader is cut off', 2, async (stage) => around(stage, await stage.leader(), 'both')),
  network('a follower is cut off', 1, async (stage) => around(stage, await stage.follower(), 'both')),
  network('what the leader sends is lost', 2, async (stage) => around(stage, await stage.leader(), 'out')),
  network('what the leader gets is lost', 2, async (stage) => around(stage, await stage.leader(), 'in')),
  network('an agent is cut off', 2, async (stage) => around(stage, stage.pick(stage.cluster.agents), 'both')),
  network('what an agent sends is lost', 1, async (stage) => around(stage, stage.pick(stage.cluster.agents), 'out')),
  network('leader and agent cannot reach each other', 2, async (stage) => {
    const [leader, agent] = [await stage.leader(), stage.pick(stage.cluster.agents)];
    return [
      [leader, agent],
      [agent, leader],
    ];
  }),
  {
    name: 'packets are lost at all nodes',
    kind: 'network',
    weight: 2,
    obstacle: ({ cluster }) => (cluster.network.lossTool === undefined ? 'neither netem nor iptables' : ''),
    run: async (stage, signal) => {
      for (const name of stage.cluster.nodes) await stage.cluster.network.lose(name, 0.1);
      await wait(LOSS_MS, signal);
      await stage.cluster.network.heal();
    },
  },
];

function process(name: string, weight: number, run: Fault['run']): Fault {
  return { name, kind: 'processes', weight, obstacle: can, run };
}

type Cuts = readonly (readonly [from: string, to: string])[];

function network(name: string, weight: number, draw: (stage: Stage) => Promise<Cuts>): Fault {
  return {
    name,
    kind: 'network',
    weight,
    obstacle: cuts,
    run: async (stage, signal) => {
      for (const [from, to] of await draw(stage)) await stage.cluster.network.cut(from, to);
      await wait(stage.between(CUT_MS.least, CUT_MS.most), signal);
      await stage.cluster.network.heal();
    },
  };
}

function around({ cluster }: Stage, name: string, direction: 'in' | 'out' | 'both'): Promise<Cuts> {
  const others = cluster.nodes.filter((other) => other !== name);
  const out = direction === 'in' ? [] : others.map((other) => [name, other] as const);
  const back = direction === 'out' ? [] : others.map((other) => [other, name] as const);
  return Promise.resolve([...out, ...back]);
}

async function killOne(stage: Stage, name: string, signal?: AbortSignal): Promise<void> {
  stage.say(`kill -9 of ${name}`);
  await stage.kill(name);
  await wait(stage.between(DOWN_MS.least, DOWN_MS.most), signal);
  await stage.start(name);
}

async function stand(stage: Stage, name: string, signal?: AbortSignal): Promise<void> {
  if (!stage.cluster.runs(name)) return;
  const node = stage.cluster.server(name);
  stage.say(`${name} stands still`);
  node.pause();
  await wait(stage.between(STILL_MS.least, STILL_MS.most), signal);
  node.resume();
}
