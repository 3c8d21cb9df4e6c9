import 'reflect-metadata';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpModule } from '../src/http/http-module.ts';
import { API_ERROR_CODES } from '../src/http/error-codes.ts';
import { openApiDocument } from '../src/http/openapi/document.ts';
import { ENDPOINTS } from '../src/http/openapi/endpoints.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

const document = openApiDocument('1.2.3');

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start();
});
afterAll(cleanUp);

/** What Nest registers for the controllers of a server with everything switched on. */
function routes(): string[] {
  const { controllers = [] } = HttpModule.forNode({ metrics: {}, options: { ui: true } } as never);
  const found: string[] = [];
  for (const controller of controllers) {
    const base = Reflect.getMetadata(PATH_METADATA, controller) as string;
    for (const name of Object.getOwnPropertyNames(controller.prototype)) {
      const handler = (controller.prototype as Record<string, unknown>)[name] as object;
      const paths = Reflect.getMetadata(PATH_METADATA, handler) as string | string[] | undefined;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (paths === undefined || method === undefined) continue;
      for (const path of [paths].flat()) {
        const whole = `/${base}/${path}`.replaceAll(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
        const template = whole.replaceAll(/:(\w+)/g, '{$1}').replace('/*', '/{file}');
        found.push(`${RequestMethod[method].toLowerCase()} ${template}`);
      }
    }
  }
  return found.toSorted();
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(document) as never);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    const broken = { ...structuredClone(document), paths: { 'v1/jobs': { get: { responses: 1 } } } };
    expect((await new Validator().validate(broken as never)).valid).toBe(false);
  });

  it('has every route of the server, and no other', () => {
    const documented = ENDPOINTS.map(({ method, path }) => `${method} ${path}`).toSorted();
    expect(documented).toEqual(routes());
    expect(new Set(documented).size).toBe(documented.length);
  });

  it('names every operation once, and every schema it points to', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    const refs = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    expect(
      [...new Set([...refs].map(([, name]) => name!))].filter((name) => !(name in document.components.schemas)),
    ).toEqual([]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Job', 'JobInput', 'Execution', 'Tick', 'Member', 'Error', 'Preview', 'Problem']),
    );
    expect(JSON.stringify(document.components.schemas['Error'])).toContain(JSON.stringify(API_ERROR_CODES));
  });

  it('offers ?consistent on every read of what the servers share', () => {
    const ofNodes = ['/v1/executors', '/v1/processors'];
    const own = ['/v1', '/v1/members', '/v1/leader', '/v1/isleader', '/v1/events', '/v1/schedules/preview', ...ofNodes];
    const reads = ENDPOINTS.filter(({ method, path }) => method === 'get' && path.startsWith('/v1'));
    const offered = reads.filter(({ path }) =>
      document.paths[path]?.['get']?.parameters.some(({ name }) => name === 'consistent'),
    );
    expect(offered.map(({ path }) => path)).toEqual(
      reads.map(({ path }) => path).filter((path) => !own.includes(path)),
    );
    expect(offered.length).toBeGreaterThan(10);
  });

  it('is served, with a page that needs nothing else', async () => {
    const served = await node.get('/openapi.json');
    expect(served.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(served.json.paths).toEqual(JSON.parse(JSON.stringify(document.paths)));
    const page = await node.get('/docs');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.text).not.toMatch(/<script|https?:\/\/|<link|<img|style="/);
    for (const { path } of ENDPOINTS) expect(page.text).toContain(`<code>${path}</code>`);
    for (const name of Object.keys(document.components.schemas)) expect(page.text).toContain(`id="${name}"`);
  });
});
