import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { ServerNetwork } from './network.ts';

const run = promisify(execFile);
const PORT = 7000;
/** Belongs to nobody, so the bridge drops what is sent there. */
const NOWHERE = '02:00:00:00:00:01';
const PREFIX = 'raftchaos';

/**
 * A network namespace for each server and one for the bridge between them. A direction is cut by a wrong hardware address
 * for the peer: frames leave and reach nobody, as on a broken cable, and no firewall is needed.
 */
export class Namespaces implements ServerNetwork {
  readonly name = 'namespaces';
  readonly canCut = true;
  readonly #own = `${PREFIX}-${process.pid}`;
  readonly #hosts = new Map<string, number>();
  readonly #cuts = new Map<string, readonly [from: string, to: string]>();

  private constructor() {}

  /** @throws Error of the tool when the system does not permit namespaces */
  static async make(): Promise<Namespaces> {
    removeStale();
    const network = new Namespaces();
    try {
      const bridge = network.#space('switch');
      await run('ip', ['netns', 'add', bridge]);
      await ip(bridge, 'link add br0 type bridge');
      await ip(bridge, 'link set br0 up');
      // What the first server will need, so that a lack of rights shows before any is started.
      await run('ip', ['netns', 'exec', bridge, 'true']);
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  async place(id: string): Promise<{ host: string; port: number; prefix: readonly string[] }> {
    const number = this.#hosts.size + 1;
    this.#hosts.set(id, number);
    const [bridge, space] = [this.#space('switch'), this.#space(id)];
    await run('ip', ['netns', 'add', space]);
    await ip(bridge, `link add port${number} type veth peer name eth0 netns ${space}`);
    await ip(bridge, `link set port${number} master br0 up`);
    await ip(space, `addr add ${address(number)}/24 dev eth0`);
    await ip(space, 'link set eth0 up');
    await ip(space, 'link set lo up');
    return { host: address(number), port: PORT, prefix: ['ip', 'netns', 'exec', space] };
  }

  async cut(from: string, to: string): Promise<void> {
    this.#cuts.set(`${from} ${to}`, [from, to]);
    await ip(this.#space(from), `neigh replace ${this.#address(to)} lladdr ${NOWHERE} dev eth0 nud permanent`);
  }

  async heal(): Promise<void> {
    for (const [from, to] of this.#cuts.values()) {
      await ip(this.#space(from), `neigh del ${this.#address(to)} dev eth0`);
    }
    this.#cuts.clear();
  }

  close(): void {
    removeSpaces((owner) => owner === process.pid);
  }

  #address(id: string): string {
    return address(this.#hosts.get(id) ?? 0);
  }

  #space(name: string): string {
    return `${this.#own}-${name}`;
  }
}

function address(number: number): string {
  return `10.99.77.${number}`;
}

async function ip(space: string, command: string): Promise<void> {
  await run('ip', ['-n', space, ...command.split(' ')]);
}

/** What a run that was killed left behind. */
function removeStale(): void {
  removeSpaces((owner) => {
    try {
      process.kill(owner, 0);
      return false;
    } catch {
      return true;
    }
  });
}

function removeSpaces(whose: (owner: number) => boolean): void {
  let listed = '';
  try {
    listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return; // Without the tool nothing was made.
  }
  for (const [space, owner] of listed.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\w+`, 'gm'))) {
    if (whose(Number(owner))) execFileSync('ip', ['netns', 'del', space], { stdio: 'ignore' });
  }
}
