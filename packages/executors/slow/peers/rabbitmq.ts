import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PeerProcess, freePort } from '@dkron/harness';

const PROGRAMS = '/usr/lib/rabbitmq/bin';
const CALL_MS = 60_000;

export interface RabbitTls {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Debian's RabbitMQ with a folder and an epmd of its own, which end with it. */
export class RabbitPeer {
  readonly port: number;
  readonly tlsPort: number;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #process: PeerProcess;

  private constructor(ports: readonly number[], tls: RabbitTls) {
    const [port = 0, tlsPort = 0, distribution = 0, epmd = 0] = ports;
    this.port = port;
    this.tlsPort = tlsPort;
    this.#folder = mkdtempSync(join(tmpdir(), 'dkron-rabbit-'));
    for (const name of ['data', 'log', 'home']) mkdirSync(join(this.#folder, name));
    const config = join(this.#folder, 'rabbitmq.conf');
    writeFileSync(
      config,
      `listeners.tcp.1 = 127.0.0.1:${port}
listeners.ssl.1 = 127.0.0.1:${tlsPort}
ssl_options.cacertfile = ${tls.certificateFile}
ssl_options.certfile = ${tls.certificateFile}
ssl_options.keyfile = ${tls.keyFile}
ssl_options.verify = verify_none
`,
    );
    this.#env = {
      HOME: join(this.#folder, 'home'),
      RABBITMQ_NODENAME: `dkron${port}@localhost`,
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_MNESIA_BASE: join(this.#folder, 'data'),
      RABBITMQ_LOG_BASE: join(this.#folder, 'log'),
      RABBITMQ_PID_FILE: join(this.#folder, 'pid'),
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(this.#folder, 'plugins'),
      ERL_EPMD_PORT: String(epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
    };
    // Not the wrapper of Debian, which would become another user.
    this.#process = new PeerProcess(`${PROGRAMS}/rabbitmq-server`, [], this.#env);
  }

  static async create(tls: RabbitTls): Promise<RabbitPeer> {
    return new RabbitPeer(await Promise.all([freePort(), freePort(), freePort(), freePort()]), tls);
  }

  start(ready: () => Promise<boolean>): Promise<void> {
    return this.#process.start(ready);
  }

  /** As a crash: the virtual machine is killed, not the script around it. */
  async crash(): Promise<void> {
    const pid = Number(readFileSync(this.#env['RABBITMQ_PID_FILE']!, 'utf8').trim());
    if (!Number.isInteger(pid) || pid <= 1) throw new Error(`no process of RabbitMQ: ${pid}`);
    process.kill(pid, 'SIGKILL');
    await this.#process.kill();
  }

  /** Runs rabbitmqctl. */
  control(...args: string[]): { readonly stdout: string; readonly status: number | null } {
    const env = { ...process.env, ...this.#env };
    const { stdout, status } = spawnSync(`${PROGRAMS}/rabbitmqctl`, args, { env, timeout: CALL_MS, encoding: 'utf8' });
    return { stdout, status };
  }

  async stop(): Promise<void> {
    this.control('stop');
    await this.#process.kill();
    spawnSync('epmd', ['-port', this.#env['ERL_EPMD_PORT']!, '-kill'], { timeout: CALL_MS });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
