import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { AttemptError } from '../kit/limited-attempt.ts';
import type { EngineAddress } from './engine-address.ts';

/** One request to the engine. */
export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query, encoded. */
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface EngineAnswer {
  readonly status: number;
  /** Parsed JSON; undefined when the body is none. */
  readonly json: unknown;
}

/** The engine refused a request. */
export class EngineError extends AttemptError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`docker: ${message}`);
    this.status = status;
  }
}

const BODY_BYTES_MAX = 4 * 1_048_576;
const BAD_STATUS = 400;

/** Docker's engine by its HTTP API, one connection per request. */
export class Engine {
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
  }

  /** @throws EngineError for an answer of 400 and above, AttemptError when there is none */
  async call(request: EngineRequest): Promise<EngineAnswer> {
    const response = await this.#respond(request);
    const text = await this.#read(response);
    const status = response.statusCode ?? 0;
    const json = parsed(text);
    if (status < BAD_STATUS) return { status, json };
    const { message } = (json ?? {}) as { readonly message?: unknown };
    throw new EngineError(status, typeof message === 'string' && message !== '' ? message : `status ${status}`);
  }

  /** The lines of JSON of an answer, as they come. */
  async *lines(request: EngineRequest): AsyncGenerator<unknown> {
    const response = await this.#respond(request);
    if ((response.statusCode ?? 0) >= BAD_STATUS) {
      const { message = `status ${response.statusCode}` } = (parsed(await this.#read(response)) ?? {}) as {
        readonly message?: string;
      };
      throw new EngineError(response.statusCode ?? 0, message);
    }
    let rest = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(-BODY_BYTES_MAX);
      yield* lines.flatMap((line) => parsed(line) ?? []);
    }
    const last = parsed(rest);
    if (last !== undefined) yield last;
  }

  /** Takes the connection over: what it carries from then on is the container's. */
  attach({ path, signal }: Pick<EngineRequest, 'path' | 'signal'>): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const request = this.#open({ method: 'POST', path, signal, headers: { connection: 'Upgrade', upgrade: 'tcp' } });
      request.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      request.on('response', (response) => {
        this.#read(response).then(
          (text) => {
            const { message } = (parsed(text) ?? {}) as { readonly message?: string };
            reject(new EngineError(response.statusCode ?? 0, message ?? 'the output cannot be attached'));
          },
          (error: unknown) => reject(error as Error),
        );
      });
      request.on('error', (cause) => reject(this.#unreachable(cause)));
      request.end();
    });
  }

  #respond(call: EngineRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = this.#open(call);
      request.on('response', resolve);
      request.on('error', (cause) => reject(this.#unreachable(cause)));
      request.end(call.body === undefined ? undefined : JSON.stringify(call.body));
    });
  }

  #open({ method, path, body, headers, signal }: EngineRequest): ClientRequest {
    const { tls, options } = this.#address;
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const all = { ...options, method, path, signal, agent: false as const, headers: { ...type, ...headers } };
    return tls ? httpsRequest(all) : httpRequest(all);
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > BODY_BYTES_MAX) throw new Error('the answer is too long');
        chunks.push(chunk);
      }
    } catch (cause) {
      throw this.#unreachable(cause as Error);
    }
    return Buffer.concat(chunks).toString();
  }

  #unreachable(cause: Error): AttemptError {
    const { text } = this.#address;
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' || code === 'ECONNREFUSED' ? `nothing listens there (${code})` : cause.message || cause.name;
    return new AttemptError(`docker: the engine at ${text} cannot be reached: ${why}`, 'executor', { cause });
  }
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
