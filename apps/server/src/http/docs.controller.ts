import { createHash } from 'node:crypto';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { VERSION } from '../version.ts';
import { answerJson } from './answers.ts';
import { openApiDocument } from './openapi/document.ts';
import { documentPage, PAGE_STYLE } from './openapi/page.ts';

const STYLE_HASH = createHash('sha256').update(PAGE_STYLE).digest('base64');
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`;

/** The description of the API, made when it is first asked for. */
@Controller()
export class DocsController {
  #json: string | undefined;
  #page: string | undefined;

  @Get('openapi.json')
  document(@Res() reply: FastifyReply): void {
    this.#json ??= JSON.stringify(openApiDocument(VERSION));
    answerJson(reply, this.#json);
  }

  @Get('docs')
  page(@Res() reply: FastifyReply): void {
    this.#page ??= documentPage(openApiDocument(VERSION));
    void reply
      .headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY })
      .send(this.#page);
  }
}
