import { expect, it } from 'vitest';
import { pathOf, routedTarget } from './request-target.ts';

it.each([
  ['/v1/', '/v1'],
  ['/v1/?a=/v1/', '/v1?a=/v1/'],
  ['/v1%2Fjobs', '/v1/jobs'],
  ['/v1/jobs/a%2fexecutions?x=%2F', '/v1/jobs/a/executions?x=%2F'],
  ['/v1/jobs/%zz', '/v1/jobs/%zz'],
  ['/v1/jobs/%c3%a4%20%F0%9F%98%80', '/v1/jobs/%c3%a4%20%F0%9F%98%80'],
  ['/v1/jobs/a%ff%C3%A4%C3b', '/v1/jobs/a%EF%BF%BD%C3%A4%EF%BF%BDb'],
  ['/v1/jobs/', '/v1/jobs/'],
  ['*', '*'],
])('%s is routed as %s', (target, routed) => {
  expect(routedTarget(target)).toBe(routed);
});

it('leaves the query out of a path', () => {
  expect(pathOf('/a?b?c')).toBe('/a');
});
