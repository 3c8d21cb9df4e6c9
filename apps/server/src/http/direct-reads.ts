import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { JobName } from '@dkron/jobs';
import type { JobAnswer } from '../services/job-bytes.ts';
import { JSON_TYPE } from './answers.ts';
import { takeBefore } from './before-framework.ts';
import { requestId } from './request-id.ts';

const PREFIX = '/v1/jobs/';
/** Other names of jobs, and whatever has a query or an escape, go through the router. */
const PLAIN_NAME = /^[a-z\d_-]{1,256}$/;

export interface DirectReadsOptions {
  /** Name of this node. */
  readonly nodeName: string;
}

export interface DirectReadsModules {
  /** The answer of a stored job. */
  readonly answerOf: (name: JobName) => JobAnswer | undefined;
}

/**
 * Answers the request that comes most often, a plain `GET /v1/jobs/:job`, before the framework sees it: its router and
 * hooks cost as much as everything else. Only what no hook would treat in another way: no query, no body, no other
 * origin, no precondition, and a job that is there. The bytes are those of the long way.
 */
export class DirectReads {
  readonly #nodeName: string;
  readonly #answerOf: DirectReadsModules['answerOf'];

  constructor({ nodeName }: DirectReadsOptions, { answerOf }: DirectReadsModules) {
    this.#nodeName = nodeName;
    this.#answerOf = answerOf;
  }

  /** Takes the requests of a server; those that it does not answer go on to who listened before. */
  takeFrom(server: Server): void {
    takeBefore(server, (request, response) => this.answer(request, response));
  }

  /** False when it did not answer. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const answer = this.#find(request);
    if (answer === undefined) return false;
    const { text, byteLength, etag } = answer;
    // Names and values in turn, as the long way writes them.
    response.writeHead(200, [
      'X-Request-Id',
      requestId(request),
      'X-Whom',
      this.#nodeName,
      'Content-Type',
      JSON_TYPE,
      'ETag',
      etag,
      'Content-Length',
      String(byteLength),
    ]);
    // As many bytes as units: each is ASCII.
    response.end(text, byteLength === text.length ? 'latin1' : 'utf8');
    return true;
  }

  #find({ method, url = '', headers }: IncomingMessage): JobAnswer | undefined {
    if (method !== 'GET' || !url.startsWith(PREFIX)) return undefined;
    if (headers.origin !== undefined || headers['if-none-match'] !== undefined) return undefined;
    if (headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined) return undefined;
    const name = url.slice(PREFIX.length);
    return PLAIN_NAME.test(name) ? this.#answerOf(name) : undefined;
  }
}
