import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { loopbackNetwork } from './network.ts';
import type { NodeNetwork, Place } from './network.ts';

const run = promisify(execFile);
const FIRST_PORT = 7_000;
/** Belongs to nobody, so the bridge drops what is sent there. */
const NOWHERE = '02:00:00:00:00:01';
const PREFIX = 'dkronchaos';
const NETS = 128;
const HOSTS_MAX = 60_000;

/**
 * A network namespace for each node, one for the bridge between them, and a line from there to this process. A direction is
 * cut by a wrong hardware address for the peer: frames leave and reach nobody, as on a broken cable, and no firewall is
 * needed.
 */
export class Namespaces implements NodeNetwork {
  readonly name = 'namespaces';
  readonly canCut = true;
  lossTool: 'netem' | 'iptables' | undefined;
  readonly #own = `${PREFIX}-${process.pid}`;
  readonly #addresses = new Map<string, string>();
  readonly #cuts = new Map<string, readonly [from: string, address: string]>();
  readonly #losing = new Set<string>();
  #hosts = 0;
  #ports = FIRST_PORT;

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
      // What the first node will need, so that a lack of rights shows before any is started.
      await run('ip', ['netns', 'exec', bridge, 'true']);
      await network.#joinThisProcess(bridge);
      network.lossTool = await findLossTool(bridge);
    } catch (error) {
      network.close();
      throw error;
    }
    return network;
  }

  async place(id: string): Promise<Place> {
    const space = this.#space(id);
    if (!this.#addresses.has(id)) await this.#makeSpace(space);
    else await ip(space, 'addr flush dev eth0');
    const host = this.#nextAddress();
    this.#addresses.set(id, host);
    await ip(space, `addr add ${host}/16 dev eth0`);
    return { host, prefix: ['ip', 'netns', 'exec', space] };
  }

  freePort(): Promise<number> {
    return Promise.resolve(this.#ports++);
  }

  async cut(from: string, to: string): Promise<void> {
    const address = this.#addresses.get(to) ?? '';
    this.#cuts.set(`${from} ${to}`, [from, address]);
    await ip(this.#space(from), `neigh replace ${address} lladdr ${NOWHERE} dev eth0 nud permanent`);
  }

  async lose(id: string, share: number): Promise<void> {
    if (this.lossTool === undefined) throw new TypeError('lose: neither netem nor iptables can be had here');
    this.#losing.add(id);
    await inSpace(this.#space(id), lossCommand(this.lossTool, share));
  }

  async heal(): Promise<void> {
    for (const [from, address] of this.#cuts.values()) {
      await ip(this.#space(from), `neigh del ${address} dev eth0`).catch((error: Error) => {
        // Whoever got another address meanwhile has forgotten its neighbours.
        if (!error.message.includes('No such file')) throw error;
      });
    }
    this.#cuts.clear();
    for (const id of this.#losing) await inSpace(this.#space(id), LOSS_ENDS[this.lossTool ?? 'netem']);
    this.#losing.clear();
  }

  close(): void {
    removeSpaces((owner) => owner === process.pid);
  }

  async #makeSpace(space: string): Promise<void> {
    const bridge = this.#space('switch');
    const port = `port${this.#hosts + 1}`;
    await run('ip', ['netns', 'add', space]);
    await ip(bridge, `link add ${port} type veth peer name eth0 netns ${space}`);
    await ip(bridge, `link set ${port} master br0 up`);
    await ip(space, 'link set eth0 up');
    await ip(space, 'link set lo up');
  }

  /** It goes with the namespace of the bridge. */
  async #joinThisProcess(bridge: string): Promise<void> {
    const line = `dkch${process.pid}`;
    await run('ip', ['link', 'add', line, 'type', 'veth', 'peer', 'name', 'host', 'netns', bridge]);
    await ip(bridge, 'link set host master br0 up');
    await run('ip', ['addr', 'add', `${net()}.255.254/16`, 'dev', line]);
    await run('ip', ['link', 'set', line, 'up']);
  }

  #nextAddress(): string {
    this.#hosts = (this.#hosts % HOSTS_MAX) + 1;
    return `${net()}.${this.#hosts >> 8}.${this.#hosts & 255}`;
  }

  #space(name: string): string {
    return `${this.#own}-${name}`;
  }
}

/** Namespaces, or loopback and a line that says why. */
export async function namespacesIfPermitted(wanted = true): Promise<NodeNetwork> {
  if (!wanted) return loopbackNetwork();
  try {
    return await Namespaces.make();
  } catch (error) {
    const reason = String((error as Error).message)
      .trim()
      .replaceAll('\n', ': ');
    process.stdout.write(`NOTE: no network namespaces here, so nothing is cut, only killed and paused (${reason})\n`);
    return loopbackNetwork();
  }
}

/** By process, as runs may be side by side. */
function net(): string {
  return `10.${NETS + (process.pid % NETS) - 1}`;
}

const LOSS_ENDS = { netem: 'tc qdisc del dev eth0 root', iptables: 'iptables -F INPUT' };

function lossCommand(tool: 'netem' | 'iptables', share: number): string {
  if (tool === 'netem') return `tc qdisc replace dev eth0 root netem loss ${(share * 100).toFixed(2)}%`;
  return `iptables -A INPUT -i eth0 ! -s ${net()}.255.254 -m statistic --mode random --probability ${share} -j DROP`;
}

/** Kernels have the one, the other or neither. */
async function findLossTool(bridge: string): Promise<'netem' | 'iptables' | undefined> {
  const works = (command: string): Promise<boolean> =>
    inSpace(bridge, command).then(
      () => true,
      () => false,
    );
  if (await works('tc qdisc add dev br0 root netem loss 1%')) {
    await inSpace(bridge, 'tc qdisc del dev br0 root');
    return 'netem';
  }
  if (!(await works(lossCommand('iptables', 0.01)))) return undefined;
  await inSpace(bridge, LOSS_ENDS.iptables);
  return 'iptables';
}

async function inSpace(space: string, command: string): Promise<void> {
  await run('ip', ['netns', 'exec', space, ...command.split(' ')]);
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
