import { NotFoundException } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { additiveMethods } from './additive-paths.ts';
import { ApiError } from './api-error.ts';
import { isStreamed } from './body-streams.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { switched } from './query-checks.ts';
import type { Query } from './query.ts';
import { has } from './query.ts';
import { pathOf } from './request-target.ts';
import { cut } from './schemas/query-schema.ts';

export interface HookOptions {
  /** Name of this node. */
  readonly nodeName: string;
  /** Origins whose pages may write. */
  readonly corsOrigins: readonly string[];
}

export interface HookModules {
  /** Before a read with `?consistent`; undefined = nothing has to be waited for. */
  readonly caughtUp?: (() => Promise<void>) | undefined;
}

/** Routes outside the group that names its node and serves other origins. */
const UNGROUPED: ReadonlySet<string> = new Set(['/health']);

/** What every request passes before it reaches a controller. */
export function addHooks(fastify: FastifyInstance, options: HookOptions, { caughtUp }: HookModules): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    try {
      if (isAnswered(request, reply, options)) return;
      if (hasEmptyParameter(request)) throw new NotFoundException();
      nameNode(request, reply, options);
      if (!wantsConsistent(request) || caughtUp === undefined) done();
      else
        caughtUp().then(
          () => done(),
          () => done(noLeader()),
        );
    } catch (error) {
      done(error as Error);
    }
  });
}

function isAnswered(request: FastifyRequest, reply: FastifyReply, { corsOrigins }: HookOptions): boolean {
  if (request.method === 'OPTIONS' && request.originalUrl === '*') {
    void reply.send();
    return true;
  }
  return answerPreflight(request, reply, corsOrigins);
}

/** The router lets `/v1/jobs/` through as a job without name; the original does not. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  const values = params as Readonly<Record<string, string>>;
  for (const name in values) if (values[name] === '' && name !== '*') return true;
  return false;
}

/** Throws {@link ApiError} 400 when the parameter is neither true nor false. */
function wantsConsistent({ method, query, is404 }: FastifyRequest): boolean {
  const parameters = query as Query;
  return method === 'GET' && !is404 && has(parameters, 'consistent') && switched(parameters, 'consistent', false);
}

function noLeader(): ApiError {
  const message =
    'no server leads, so that none can say whether this one knows the latest; without ?consistent it answers what it knows';
  return new ApiError({ status: 503, code: 'no_leader', message, plain: message });
}

function nameNode(request: FastifyRequest, reply: FastifyReply, { nodeName, corsOrigins }: HookOptions): void {
  const path = pathOf(request.url);
  const methods = additiveMethods(path);
  if (UNGROUPED.has(path) || (request.is404 && methods === undefined)) return;
  void reply.header('x-whom', nodeName);
  if (!request.is404) allowOrigin(request, reply, corsOrigins);
  if (methods === undefined) return;
  if (!methods.includes(request.method)) void reply.header('allow', methods);
  else checkMediaType(request);
}

/** Additive paths take JSON or nothing; those that take a file take bytes. */
function checkMediaType(request: FastifyRequest): void {
  const type = request.headers['content-type'];
  const isEmpty = request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined;
  if (type === undefined || isEmpty || request.headers['content-length'] === '0') return;
  const allowed = isStreamed(request.routeOptions.url) ? 'application/octet-stream' : 'application/json';
  if ((type.split(';')[0] ?? '').trim().toLowerCase() === allowed) return;
  const message = `Content-Type ${type} is not taken on ${pathOf(request.url)}; allowed: ${allowed}`;
  const code = 'unsupported_media_type';
  const problems = [{ code, message, field: 'Content-Type', value: cut(type), allowed, column: null } as const];
  throw new ApiError({ status: 415, code, message, problems });
}
