import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { RouteIndex } from './route-index.ts';

it('knows routes with parameters and rests, and their twins with a slash more or less', () => {
  const fastify = Fastify({ exposeHeadRoutes: false });
  const routes = new RouteIndex();
  routes.watch(fastify);
  fastify.get('/jobs/:job', () => '');
  fastify.route({ method: ['POST', 'PUT'], url: '/a.b', handler: () => '' });
  fastify.get('/ui/*', () => '');
  expect(routes.has('GET', '/jobs/x')).toBe(true);
  expect(routes.has('POST', '/jobs/x')).toBe(false);
  expect(routes.has('GET', '/jobs/x/y')).toBe(false);
  expect(routes.has('PUT', '/a.b')).toBe(true);
  expect(routes.has('PUT', '/axb')).toBe(false);
  expect(routes.slashTwin('GET', '/jobs/x/')).toBe('/jobs/x');
  expect(routes.slashTwin('DELETE', '/jobs/x/')).toBeUndefined();
  expect(routes.slashTwin('GET', '/jobs//')).toBeUndefined();
  expect(routes.slashTwin('GET', '/ui')).toBe('/ui/');
  expect(routes.slashTwin('GET', '/')).toBeUndefined();
});
