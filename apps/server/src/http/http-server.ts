import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { NodeContext } from '../node-context.ts';
import type { HostPort } from '../options.ts';
import { additiveMethods } from './additive-paths.ts';
import { ErrorFilter } from './error-filter.ts';
import { HttpModule } from './http-module.ts';

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens the REST API. Rejects with the system's error when the address cannot be had. */
export async function listenHttp(node: NodeContext, address: HostPort): Promise<HttpServer> {
  const adapter = new FastifyAdapter({
    bodyLimit: node.options.maxBodySize,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1_024 },
    rewriteUrl: (request: IncomingMessage) => withoutIndexSlash(request.url ?? '/'),
  });
  const app = await NestFactory.create<NestFastifyApplication>(HttpModule.forNode(node), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  readBodiesAsBytes(app, node.options.nodeName);
  app.useGlobalFilters(new ErrorFilter(node.logger));
  await app.listen(address.port, address.host === '' ? '::' : address.host);
  const bound = app.getHttpServer().address() as { port: number };
  return { port: bound.port, close: () => app.close() };
}

/** Content types are not looked at, as the original does not: a body is bytes until its reader parses it. */
function readBodiesAsBytes(app: NestFastifyApplication, whom: string): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-whom', whom);
    const methods = additiveMethods(request.url.split('?', 1)[0]!);
    if (methods !== undefined && !methods.includes(request.method)) void reply.header('allow', methods);
    done();
  });
}

/** `/v1/` is `/v1`; no other path is equal to itself with a slash. */
function withoutIndexSlash(url: string): string {
  return url === '/v1/' || url.startsWith('/v1/?') ? `/v1${url.slice(4)}` : url;
}
