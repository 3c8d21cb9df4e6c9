import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { percentDecoded } from '@dkron/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NodeContext } from '../node-context.ts';
import type { Asset, Assets } from '../ui/assets.ts';
import { byteRange } from '../ui/byte-range.ts';
import { indexPage } from '../ui/index-page.ts';
import { acceptsHtml } from './accepts-html.ts';
import { redirect } from './redirects.ts';
import { pathOf } from './request-target.ts';
import { NODE_CONTEXT, UI_ASSETS } from './tokens.ts';

const INDEX = 'index.html';
const PREFIX = '/ui/';

/** The web page and its files. Whatever is no file is the index, which finds its way by the address. */
@Controller()
export class UiController {
  readonly #node: NodeContext;
  readonly #assets: Assets;

  constructor(@Inject(NODE_CONTEXT) node: NodeContext, @Inject(UI_ASSETS) assets: Assets) {
    this.#node = node;
    this.#assets = assets;
  }

  @Get('/')
  root(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    if (acceptsHtml(request.headers.accept)) redirect(reply, 303, PREFIX);
    else void reply.status(404).send();
  }

  @Get('ui/*')
  file(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const name = fileName(request.url);
    const asset = name === INDEX ? undefined : this.#assets.file(name);
    if (asset !== undefined) return answerAsset(reply, asset, request.headers.range);
    if (this.#assets.isFolder(name)) return answerFolder(reply, name);
    void reply.header('content-type', 'text/html; charset=utf-8').send(indexPage(this.#facts()));
  }

  #facts(): Parameters<typeof indexPage>[0] {
    const { store, cluster } = this.#node;
    const counts = store.jobCountByStatus();
    const count = (status: string): number => counts.get(status) ?? 0;
    return {
      leader: cluster.leader()?.name,
      totalJobs: store.jobCount(),
      successfulJobs: count('success'),
      failedJobs: count('failed'),
      untriggeredJobs: count(''),
    };
  }
}

function fileName(url: string): string {
  return percentDecoded(pathOf(url).slice(PREFIX.length));
}

function answerAsset(reply: FastifyReply, { type, bytes }: Asset, wanted: string | undefined): void {
  void reply.headers({ 'accept-ranges': 'bytes', 'content-type': type });
  const range = byteRange(wanted, bytes.length);
  if (range === undefined) void reply.send(bytes);
  else if (range === 'unsatisfiable') void reply.status(416).header('content-range', `bytes */${bytes.length}`).send();
  else {
    const part = bytes.subarray(range.first, range.last + 1);
    void reply.status(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes.length}`).send(part);
  }
}

/** A folder is the same with a slash, and then the index: what it holds is not listed. */
function answerFolder(reply: FastifyReply, name: string): void {
  void reply
    .status(301)
    .header('location', `${name.split('/').at(-1)}/`)
    .send();
}
