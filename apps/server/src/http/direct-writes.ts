import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ParsedJob, StoredJob } from '@dkron/jobs';
import { echoJobBytes } from '@dkron/jobs';
import type { JobsService } from '../services/jobs.service.ts';
import { JSON_TYPE } from './answers.ts';
import type { RequestListener } from './before-framework.ts';
import { takeBefore } from './before-framework.ts';
import type { CreatedIn } from './created-job.ts';
import { createdHeaders } from './created-job.ts';
import { requestId } from './request-id.ts';

const TARGET = '/v1/jobs';
const LENGTH = /^[1-9]\d{0,14}$/;
/** What makes a write more than plain: each is for the hooks or the controller. */
const SPECIAL = ['origin', 'if-match', 'if-none-match', 'transfer-encoding'] as const;

export interface DirectWritesModules {
  readonly node: CreatedIn;
  readonly jobs: Pick<JobsService, 'assertSubmissionsOpen' | 'parse' | 'put'>;
  /** Whether writes are for this server. */
  readonly leads: () => boolean;
}

/** A request that was read before the framework saw it, and what it met: it must not be tried a second time. */
interface ReadRequest {
  /** Undefined when it broke off, with `error`. */
  readonly body: Buffer | undefined;
  readonly error: unknown;
}

/**
 * Stores the job of a plain `POST /v1/jobs` and answers it before the framework sees it: its router, hooks and body
 * parser cost a tenth of a write. Only what goes well ends here, with the bytes of the long way. Whatever a write meets,
 * from a typing error to a lost leader, goes the long way with the body and the error, and is answered there.
 */
export class DirectWrites {
  readonly #modules: DirectWritesModules;
  readonly #read = new WeakMap<IncomingMessage, ReadRequest>();

  constructor(modules: DirectWritesModules) {
    this.#modules = modules;
  }

  /** Takes the requests of a server; those that it does not answer go on to who listened before. */
  takeFrom(server: Server): void {
    takeBefore(server, (request, response, goOn) => {
      const takes = this.#takes(request);
      if (takes) this.#take(request, response, goOn);
      return takes;
    });
  }

  /** For the framework: the body as a stream, where it was read before. */
  bodyOf(request: IncomingMessage): Readable | undefined {
    const read = this.#read.get(request);
    if (read === undefined) return undefined;
    const { body, error } = read;
    if (body !== undefined) return Readable.from(body, { objectMode: false });
    return new Readable({
      read() {
        this.destroy(error as Error);
      },
    });
  }

  /** For the handler of the long way: throws what the write met. */
  throwMet(request: IncomingMessage): void {
    const read = this.#read.get(request);
    if (read !== undefined) throw read.error;
  }

  #takes({ method, url, headers }: IncomingMessage): boolean {
    if (method !== 'POST' || url !== TARGET || !this.#modules.leads()) return false;
    for (const name of SPECIAL) if (headers[name] !== undefined) return false;
    const length = headers['content-length'] ?? '';
    return LENGTH.test(length) && Number(length) <= this.#modules.node.options.maxBodySize;
  }

  #take(request: IncomingMessage, response: ServerResponse, goOn: RequestListener): void {
    const chunks: Buffer[] = [];
    const goLong = (read: ReadRequest): void => {
      this.#read.set(request, read);
      goOn(request, response);
    };
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A client that goes away behind its body does not undo what it asked for.
    request.on('error', (error) => {
      if (!request.readableEnded) goLong({ body: undefined, error });
    });
    request.on('end', () => {
      const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
      this.#write(request, response, body).catch((error: unknown) => goLong({ body, error }));
    });
  }

  async #write(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const { jobs } = this.#modules;
    jobs.assertSubmissionsOpen();
    const parsed = jobs.parse(body);
    this.#answer(request, response, parsed, await jobs.put(parsed, null));
  }

  #answer(request: IncomingMessage, response: ServerResponse, parsed: ParsedJob, job: StoredJob): void {
    const { node } = this.#modules;
    const { location, etag, warning } = createdHeaders(node, TARGET, job);
    const body = echoJobBytes(parsed);
    // A list is taken as it is. Names as `CanonicalResponse` would write them.
    const headers = ['X-Request-Id', requestId(request), 'X-Whom', node.options.nodeName];
    headers.push('Content-Type', JSON_TYPE, 'Location', location, 'ETag', etag);
    if (warning !== undefined) headers.push('Warning', warning);
    headers.push('Content-Length', String(body.length));
    response.writeHead(201, headers);
    // A text of bytes goes out in one piece with the head.
    response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
  }
}
