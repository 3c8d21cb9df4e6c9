import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { JobInvalidError } from '@dkron/jobs';
import { type Logger, messageOf } from '@dkron/runtime';
import { additiveMethods } from './additive-paths.ts';
import { answerJson, answerText } from './answers.ts';
import { ApiError, wantsJson } from './api-error.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { fromLog } from './log-errors.ts';
import { redirectToTwin } from './redirects.ts';
import { pathOf } from './request-target.ts';
import type { RouteIndex } from './route-index.ts';
import { cut } from './schemas/query-schema.ts';
import { withoutLeader } from './without-leader.ts';

export interface ErrorFilterModules {
  readonly logger: Logger;
  readonly routes: RouteIndex;
}

/** Turns whatever a handler threw into an answer. The only place that knows status codes of unexpected errors. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  readonly #logger: Logger;
  readonly #routes: RouteIndex;

  constructor({ logger, routes }: ErrorFilterModules) {
    this.#logger = logger;
    this.#routes = routes;
  }

  catch(exception: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = this.#toApiError(exception, request);
    if (error === undefined) return this.#answerUnknownRoute(request, reply);
    const { status, plain = '' } = withoutLeader(error.init, request.method, pathOf(request.url));
    if (isAdditive(request) || wantsJson(request.headers.accept)) return answerJson(reply, error.toJson(), { status });
    answerText(reply, status, plain);
  }

  #answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#routes.slashTwin(request.method, pathOf(request.url)) !== undefined) {
      return redirectToTwin(request, reply);
    }
    const path = pathOf(request.url);
    if (path !== '/' && wantsJson(request.headers.accept)) {
      const message = `there is no ${request.method} ${cut(path)}`;
      return answerJson(reply, new ApiError({ status: 404, code: 'not_found', message }).toJson(), { status: 404 });
    }
    void reply.status(404).header('content-type', 'text/plain').send('404 page not found');
  }

  /** undefined = the router knows no such path. */
  #toApiError(exception: unknown, request: FastifyRequest): ApiError | undefined {
    if (exception instanceof ApiError) return exception;
    if (exception instanceof JobInvalidError) return fromProblems(exception);
    const refusedByLog = fromLog(exception);
    if (refusedByLog !== undefined) return refusedByLog;
    if (exception instanceof HttpException && exception.getStatus() === 404) return unlessAdditive(request);
    if (exception instanceof HttpException && exception.getStatus() === 413) return tooLarge(request);
    if (isBrokenOff(exception, request)) {
      this.#logger.debug('api: a request broke off', { method: request.method, path: request.url });
      return new ApiError({ status: 400, code: 'invalid_value', message: 'the request broke off' });
    }
    this.#logger.error('api: request failed', { method: request.method, path: request.url, error: exception });
    const text = messageOf(exception);
    return new ApiError({ status: 500, code: 'internal', message: text, plain: text });
  }
}

/** An additive path has no original to keep to: its errors are always JSON. */
function isAdditive(request: FastifyRequest): boolean {
  return additiveMethods(pathOf(request.url)) !== undefined;
}

/** The client went away before its body was complete: nobody is left to be answered, and nothing is wrong here. */
function isBrokenOff(exception: unknown, { raw }: FastifyRequest): boolean {
  return !raw.complete && exception instanceof Error && 'code' in exception && exception.code === 'ECONNRESET';
}

function fromProblems({ message, problems }: JobInvalidError): ApiError {
  return new ApiError({ status: 400, code: 'invalid_value', message, plain: message, problems });
}

function unlessAdditive({ method, url }: FastifyRequest): ApiError | undefined {
  const path = pathOf(url);
  const methods = additiveMethods(path);
  if (methods === undefined) return undefined;
  return methodNotAllowed(method, path, methods);
}

function tooLarge(request: FastifyRequest): ApiError {
  const limit = request.routeOptions.bodyLimit ?? 0;
  const size = request.headers['content-length'];
  const text = `body${size === undefined ? '' : ` of ${size} bytes`} is larger than max-body-size (${limit} bytes)`;
  const problem = {
    code: 'too_large' as const,
    message: text,
    field: '',
    ...(size === undefined ? {} : { value: size }),
    allowed: `at most ${limit} bytes (max-body-size)`,
    column: null,
  };
  return new ApiError({ status: 413, code: 'too_large', message: text, plain: text, problems: [problem] });
}
