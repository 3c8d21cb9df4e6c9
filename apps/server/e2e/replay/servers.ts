import { freePort } from '@dkron/harness';
import type { RecordedServer } from './scenario.ts';
import { ServerUnderTest } from './server-under-test.ts';

/** Where the first recorded server is found by the others; tests find it elsewhere. */
const RECORDED_GOSSIP = '127.0.0.1:8946';

/** The servers of a recording by name, and by role where there are several. */
export class Servers {
  readonly #byName: ReadonlyMap<string, ServerUnderTest>;
  readonly #first: string;
  readonly #roles = new Map<string, string>();

  private constructor(byName: ReadonlyMap<string, ServerUnderTest>) {
    this.#byName = byName;
    [this.#first = ''] = byName.keys();
  }

  /** Starts all of them; resolves when each knows a leader. */
  static async launch(recorded: readonly RecordedServer[]): Promise<Servers> {
    if (recorded.length === 1) {
      const [{ name, flags = [] }] = recorded as [RecordedServer];
      return new Servers(new Map([[name, await ServerUnderTest.launch(name, flags)]]));
    }
    const places = [];
    for (const server of recorded) {
      places.push({ ...server, gossipPort: await freePort(), rpcPort: await freePort() });
    }
    const target = `127.0.0.1:${places[0]!.gossipPort}`;
    const started = await Promise.all(
      places.map(async ({ name, flags = [], gossipPort, rpcPort }) => {
        const own = flags.map((flag) => flag.replace(RECORDED_GOSSIP, target));
        const cluster = { bootstrapExpect: recorded.length, gossipPort, rpcPort };
        return [name, await ServerUnderTest.launch(name, own, cluster)] as const;
      }),
    );
    const servers = new Servers(new Map(started));
    await servers.#assignRoles();
    return servers;
  }

  /** By name or role; undefined = the first. */
  get(node: string = this.#first): ServerUnderTest {
    const server = this.#byName.get(this.#roles.get(node) ?? node);
    if (server === undefined) throw new Error(`there is no server ${node}`);
    return server;
  }

  /** What the texts of a recording call them. */
  variables(): Record<string, string> {
    const named = [...this.#byName].flatMap(([name, { host, port }]) => [
      [`addr_${name}`, host],
      [`http_${name}`, `${host}:${port}`],
    ]);
    const roles = [...this.#roles].flatMap(([role, name]) => [
      [role, name],
      [`${role}_addr`, this.get(name).host],
    ]);
    return Object.fromEntries([...named, ...roles]) as Record<string, string>;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((server) => server.end()));
  }

  async #assignRoles(): Promise<void> {
    const { host, port } = this.get();
    const { Name: leader } = (await (await fetch(`http://${host}:${port}/v1/leader`)).json()) as { Name: string };
    const followers = [...this.#byName.keys()].filter((name) => name !== leader);
    this.#roles.set('leader', leader);
    for (const [i, name] of followers.entries()) this.#roles.set(`follower${i + 1}`, name);
  }
}
