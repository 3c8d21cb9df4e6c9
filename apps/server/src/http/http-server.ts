import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ForwardedAnswer, ForwardedRequest } from '@dkron/contracts';
import type { NodeContext } from '../node-context.ts';
import type { JobsService } from '../services/jobs.service.ts';
import type { HostPort } from '@dkron/config/parts';
import { takeBodiesAsStreams } from './body-streams.ts';
import { connectionLimits, limitConnections } from './connection-limits.ts';
import { DirectReads } from './direct-reads.ts';
import { DirectWrites } from './direct-writes.ts';
import { addForwarding, answerForwarded } from './forwarding.ts';
import { ErrorFilter } from './error-filter.ts';
import { addHooks } from './hooks.ts';
import { takeHotRoutes } from './hot-routes.ts';
import { HttpModule } from './http-module.ts';
import type { JobReads } from './job-reads.ts';
import { JobsController } from './jobs.controller.ts';
import { parseQuery } from './query-text.ts';
import { requestId } from './request-id.ts';
import { routedTarget } from './request-target.ts';
import { RouteIndex } from './route-index.ts';
import { RunsController } from './runs.controller.ts';
import { JOB_READS, JOBS_SERVICE } from './tokens.ts';
import { answerBadTarget, answerUnparsed } from './unparsed-requests.ts';

/** A backup of all jobs comes as one body. */
const RESTORE_BYTES_MAX = 256 * 1024 * 1024;
/** For a request to arrive in whole; answers may take longer. */
const REQUEST_TIMEOUT_MS = 300_000;
const RESTORE_PATH = '/v1/restore';
const ANY_TYPE = 'application/octet-stream';
/** With parameters, quoted or not. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+(\s*;\s*[\w!#$&^.+-]+=([\w!#$&^.+'/:-]+|"[^"\\]*"))*$/;

export interface HttpServer {
  readonly port: number;
  /** Handles a request that another server passed on. */
  forwarded(request: ForwardedRequest): Promise<ForwardedAnswer>;
  close(): Promise<void>;
}

/** Opens the REST API. Rejects with the system's error when the address cannot be had. */
export async function listenHttp(node: NodeContext, address: HostPort): Promise<HttpServer> {
  const adapter = new FastifyAdapter({
    bodyLimit: node.options.maxBodySize,
    ...connectionLimits(node.options),
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request: IncomingMessage) => requestId(request),
    // A name is as long as the head of a request lets it be.
    routerOptions: { maxParamLength: node.options.httpMaxHeaderSize, querystringParser: parseQuery },
    rewriteUrl: (request: IncomingMessage) => routedTarget(request.url ?? '/'),
    clientErrorHandler: (error: Error, socket: Socket) => answerUnparsed(error, socket),
    skipMiddie: true,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => answerBadTarget(request, reply),
  });
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.forNode(node), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  const routes = new RouteIndex();
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  routes.watch(fastify);
  const jobs = app.get<JobsService>(JOBS_SERVICE);
  const leads = (): boolean => node.forwarding?.leads() ?? true;
  const directWrites = new DirectWrites({ node, jobs, leads });
  takeBodiesAsBytes(fastify, directWrites);
  takeBodiesAsStreams(fastify);
  addHooks(fastify, node.options, node);
  if (node.forwarding !== undefined) addForwarding(fastify, node.options.nodeName, node.forwarding);
  const reads = app.get<JobReads>(JOB_READS);
  takeHotRoutes(fastify, { reads, jobs: app.get(JobsController), runs: app.get(RunsController), directWrites });
  app.useGlobalFilters(new ErrorFilter({ logger: node.logger, routes }));
  limitConnections(app.getHttpServer(), node.options);
  await app.listen(address.port, address.host === '' ? '::' : address.host);
  new DirectReads(node.options, { answerOf: (name) => reads.answerOf(name) }).takeFrom(app.getHttpServer());
  directWrites.takeFrom(app.getHttpServer());
  const bound = app.getHttpServer().address() as { port: number };
  return {
    port: bound.port,
    forwarded: (request) => answerForwarded(fastify, request),
    close: () => app.close(),
  };
}

/** Content types are not looked at, as the original does not: a body is bytes until its reader parses it. */
function takeBodiesAsBytes(fastify: FastifyInstance, directWrites: DirectWrites): void {
  fastify.removeAllContentTypeParsers();
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const { headers } = request.raw;
    // Fastify refuses what it cannot read as a type before any parser is asked.
    if (!MEDIA_TYPE.test(headers['content-type'] ?? ANY_TYPE)) headers['content-type'] = ANY_TYPE;
    done(null, directWrites.bodyOf(request.raw) ?? payload);
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRoute', (route) => {
    if (route.url === RESTORE_PATH) route.bodyLimit = RESTORE_BYTES_MAX;
  });
}
