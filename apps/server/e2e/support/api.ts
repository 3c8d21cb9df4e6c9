import { setTimeout as pause } from 'node:timers/promises';
import { assertDocumented } from './documented.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; `any`, as tests name what they expect of it. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the REST API of a server. Every answer has to be as the API's own description says. */
export class Api {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  /** A body that is no text is sent as JSON; `Content-Type` names JSON even without a body. */
  async call(method: string, path: string, { body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = method === 'GET' ? {} : { 'content-type': 'application/json' };
    const init = { method, headers: { ...type, ...headers }, ...(sent === undefined ? {} : { body: sent }) };
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    const { status, redirected } = response;
    const contentType = response.headers.get('content-type') ?? undefined;
    if (!redirected) assertDocumented({ method, path, status, contentType, text });
    return {
      status: response.status,
      headers: response.headers,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  }

  /** Stores a job; `fields` over a harmless default. Throws when it is refused. */
  async put(name: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const answer = await this.call('POST', '/v1/jobs', { body: job(name, fields) });
    if (answer.status !== 201) throw new Error(`job ${name}: ${answer.status} ${answer.text}`);
    return answer;
  }

  /** Starts a run without waiting for its end; its only execution's id. */
  async launch(name: string): Promise<string> {
    const answer = await this.call('POST', `/v1/jobs/${name}/run?wait=false`);
    if (answer.status !== 202) throw new Error(`run ${name}: ${answer.status} ${answer.text}`);
    return answer.json.executions[0];
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async list(path: string): Promise<any[]> {
    const answer = await this.get(path);
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  executions(name: string): Promise<any[]> {
    return this.list(`/v1/jobs/${name}/executions`);
  }

  /** Scheduled instants and other decisions of a job, oldest first. */
  // oxlint-disable-next-line typescript/no-explicit-any
  ticks(name: string, query = ''): Promise<any[]> {
    return this.list(`/v1/jobs/${name}/ticks?_order=ASC&_end=1000${query}`);
  }
}

/** A shell job that does nothing, once a year. */
export function job(name: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { name, schedule: '@every 8760h', executor: 'shell', executor_config: { command: 'true' }, ...fields };
}

export function shell(command: string): Record<string, unknown> {
  return { executor: 'shell', executor_config: { shell: 'true', command } };
}

/** Asks again every 20 ms until the answer is neither undefined nor false. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, withinMs = 60_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await pause(20);
  }
}
