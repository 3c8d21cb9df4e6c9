import { setTimeout as pause } from 'node:timers/promises';
import type { RecordedServer, Scenario } from './scenario.ts';
import { ServerUnderTest } from './server-under-test.ts';

const HTTP_PORT = 8080;
const FORM_MS = 60_000;
const POLL_MS = 100;
/** Where the first node of every recording listened. */
const FIRST = /127\.0\.0\.1(?=:8946)/g;

/** The nodes of a recording by the names it gives them, roles of a cluster included. */
export class NodesUnderTest {
  readonly byName: ReadonlyMap<string, ServerUnderTest>;

  private constructor(byName: ReadonlyMap<string, ServerUnderTest>) {
    this.byName = byName;
  }

  /**
   * Starts them, and waits until every server knows a leader.
   *
   * @param network second and third number of the addresses: clusters at the same time have the same ports
   */
  static async launch(scenario: Scenario, network: string): Promise<NodesUnderTest> {
    const { servers, settle_s: settleS = 0 } = scenario;
    const [first] = servers;
    if (servers.length === 1) {
      const only = await ServerUnderTest.launch({ name: first.name, host: '127.0.0.1', flags: first.flags ?? [] });
      return new NodesUnderTest(new Map([[first.name, only]]));
    }
    const nodes = await Promise.all(servers.map((server, index) => launch(server, index, servers, network)));
    const found = new NodesUnderTest(new Map(nodes.map((node) => [node.name, node])));
    try {
      const voters = nodes.filter((_, index) => servers[index]!.server !== false);
      const leader = await leaderOf(voters);
      await pause(settleS * 1000);
      const followers = voters.filter(({ name }) => name !== leader).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const roles = [leader, ...followers.map(({ name }) => name)];
      const named = roles.map((name, i) => [i === 0 ? 'leader' : `follower${i}`, found.byName.get(name)!] as const);
      return new NodesUnderTest(new Map([...found.byName, ...named]));
    } catch (error) {
      await found.end();
      throw error;
    }
  }

  /** Starts one again, and waits until the others count it among the living: only then recordings go on. */
  async start(node: ServerUnderTest): Promise<void> {
    await node.start();
    const witness = [...this.byName.values()].find((other) => other !== node);
    const deadline = performance.now() + FORM_MS;
    while (witness !== undefined && !(await countsAsAlive(witness, node.name))) {
      if (performance.now() > deadline) throw new Error(`${node.name} is not back within ${FORM_MS} ms\n${node.log}`);
      await pause(POLL_MS);
    }
  }

  async end(): Promise<void> {
    await Promise.all([...new Set(this.byName.values())].map((node) => node.end()));
  }
}

function launch(
  { name, flags = [], server }: RecordedServer,
  index: number,
  servers: Scenario['servers'],
  network: string,
): Promise<ServerUnderTest> {
  const expect = servers.filter((one) => one.server !== false).length;
  const host = `127.${network}.${index + 1}`;
  const own = [
    `--bind-addr=${host}:8946`,
    `--advertise-addr=${host}`,
    '--rpc-port=6868',
    `--bootstrap-expect=${server === false ? 0 : expect}`,
    ...(server === false ? ['--server=false'] : []),
  ];
  const placed = flags.map((flag) => flag.replaceAll(FIRST, `127.${network}.1`));
  return ServerUnderTest.launch({ name, host, port: HTTP_PORT, flags: [...own, ...placed] });
}

/** Name of the leader that every one of them names. */
async function leaderOf(nodes: readonly ServerUnderTest[]): Promise<string> {
  const deadline = performance.now() + FORM_MS;
  for (;;) {
    const names = await Promise.all(nodes.map(leaderAsSeenBy));
    const [name] = names;
    if (name !== undefined && names.every((one) => one === name)) return name;
    if (performance.now() > deadline)
      throw new Error(`no leader within ${FORM_MS} ms\n${nodes.map(({ log }) => log).join('\n\n')}`);
    await pause(POLL_MS);
  }
}

async function countsAsAlive({ host, port }: ServerUnderTest, name: string): Promise<boolean> {
  const answer = await fetch(`http://${host}:${port}/v1/members`);
  const members = (await answer.json()) as readonly { readonly Name: string; readonly statusText: string }[];
  return members.some((member) => member.Name === name && member.statusText === 'alive');
}

async function leaderAsSeenBy({ host, port }: ServerUnderTest): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://${host}:${port}/v1/leader`);
    return answer.status === 200 ? ((await answer.json()) as { readonly Name: string }).Name : undefined;
  } catch {
    return undefined;
  }
}
