import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withoutLeader } from './without-leader.ts';

interface Recorded {
  readonly request?: { readonly method: string; readonly path: string };
  readonly response?: { readonly status: number; readonly body?: unknown };
}

const file = new URL('../../e2e/replay/testdata/no-leader.json', import.meta.url);
const { exchanges } = JSON.parse(readFileSync(file, 'utf8')) as { readonly exchanges: readonly Recorded[] };
const error = { status: 503, code: 'no_leader', message: 'no server leads', plain: 'no server leads' } as const;

it('answers as recorded where the original wants a leader', () => {
  const refused = exchanges.slice(25, 31).filter((_, i) => i !== 3);
  expect(refused.map(({ request }) => `${request?.method} ${request?.path}`)).toEqual([
    'POST /v1/jobs',
    'POST /v1/jobs/a',
    'POST /v1/jobs/a/toggle',
    'DELETE /v1/jobs/a',
    'DELETE /v1/jobs/a/executions',
  ]);
  for (const { request, response } of refused) {
    const { status, plain } = withoutLeader(error, request!.method, request!.path);
    expect([request!.path, status, plain]).toEqual([request!.path, response!.status, response!.body]);
  }
});

it('leaves other paths and other errors as they are', () => {
  expect(withoutLeader(error, 'POST', '/v1/scheduler/pause')).toBe(error);
  expect(withoutLeader(error, 'GET', '/v1/jobs')).toBe(error);
  const other = { ...error, code: 'internal' } as const;
  expect(withoutLeader(other, 'POST', '/v1/jobs')).toBe(other);
});
