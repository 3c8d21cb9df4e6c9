import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@dkron/harness';
import type { Engine } from './engine.ts';

export const SERVERS = ['server1', 'server2', 'server3'] as const;
export const AGENTS = ['agent1', 'agent2'] as const;
const API_PORT = 8080;
const ANSWER_MS = 5_000;
const WAIT_MS = 120_000;

/** One entry of a job's ledger. */
export interface Tick {
  readonly tick: string;
  readonly last_tick: string;
  readonly count: number;
  readonly decision: string;
  readonly reason: string;
}

export interface Execution {
  readonly state: string;
  readonly node_name: string;
}

interface Init {
  readonly method?: string;
  readonly body?: object;
}

/** The project's own `docker-compose.yml`, run by an engine. */
export class ImageCluster {
  readonly #engine: Engine;
  readonly #project: string;
  readonly #file: string;
  readonly #images = new Map<string, string>();

  constructor(engine: Engine, project: string, file: string) {
    this.#engine = engine;
    this.#project = project;
    this.#file = file;
  }

  /** Starts all, or makes `service` anew from `image`. */
  async up(service?: string, image?: string): Promise<void> {
    const what = service === undefined ? [] : ['--no-deps', service];
    if (image !== undefined && service !== undefined) this.#images.set(service, image);
    await this.#compose(['up', '--detach', '--no-build', ...what], service);
  }

  async down(): Promise<void> {
    await this.#compose(['down', '--volumes', '--timeout', '1']);
  }

  logs(): Promise<string> {
    return this.#compose(['logs', '--tail=60']);
  }

  /** As a machine that loses power. */
  async kill(service: string): Promise<void> {
    await this.#compose(['kill', service]);
  }

  async start(service: string): Promise<void> {
    await this.#compose(['start', service]);
  }

  /** Id of the running container. */
  async container(service: string): Promise<string> {
    return (await this.#compose(['ps', '--quiet', service])).split('\n').at(-1) ?? '';
  }

  /** Waits until the container's own health check is content. */
  async healthy(service: string): Promise<void> {
    const id = await this.container(service);
    await until(`${service} is healthy`, WAIT_MS, async () => {
      const { out } = await this.#engine.run(['inspect', '--format', '{{.State.Health.Status}}', id]);
      return out.trim() === 'healthy' ? true : undefined;
    });
  }

  /** Waits until the node inside can do its work. */
  async ready(service: string): Promise<void> {
    await until(`${service} is ready`, WAIT_MS, async () => {
      const { code } = await this.#engine.run([
        'exec',
        await this.container(service),
        'node',
        '/app/health.mjs',
        'ready',
      ]);
      if (code !== 0) await sleep(200);
      return code === 0 ? true : undefined;
    });
  }

  /** An answer of the REST API, asked inside the container of `service`. */
  async ask<T>(service: string, path: string, init: Init = {}): Promise<T> {
    const { status, text } = await this.fetch(service, `/v1${path}`, init);
    if (status >= 300) throw new Error(`${service}: ${path} answered ${status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** Any answer of its HTTP port. */
  async fetch(service: string, path: string, init: Init = {}): Promise<{ status: number; text: string }> {
    const program = `
      const { method, body } = ${JSON.stringify(init)};
      const headers = body ? { 'content-type': 'application/json' } : {};
      const answer = await fetch('http://127.0.0.1:${API_PORT}${path}', {
        method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(${ANSWER_MS}) });
      console.log(JSON.stringify({ status: answer.status, text: await answer.text() }));`;
    const id = await this.container(service);
    const out = await this.#engine.must(['exec', id, 'node', '--input-type=module', '--eval', program]);
    return JSON.parse(out) as { status: number; text: string };
  }

  /** Name of the server that leads, as a running one says. */
  async leader(among: readonly string[] = SERVERS): Promise<string> {
    return await until('a leader', WAIT_MS, async () => {
      for (const service of among) {
        try {
          const { Name } = await this.ask<{ Name: string }>(service, '/leader');
          if (among.includes(Name)) return Name;
        } catch {
          await sleep(200);
        }
      }
      return undefined;
    });
  }

  #compose(args: readonly string[], single?: string): Promise<string> {
    // A service that was made anew keeps its image; those beside it keep theirs.
    const env: Record<string, string> = {};
    const image = single === undefined ? undefined : this.#images.get(single);
    if (image !== undefined) env[single?.startsWith('agent') ? 'DKRON_AGENT_IMAGE' : 'DKRON_SERVER_IMAGE'] = image;
    return this.#engine.compose(['--project-name', this.#project, '--file', this.#file, ...args], {
      DKRON_HTTP_PORT: '0',
      ...env,
    });
  }
}
