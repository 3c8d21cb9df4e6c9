import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../src/http/openapi/endpoints.ts';
import { job } from './support/api.ts';
import type { Answer } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

const STRANGER = { origin: 'https://elsewhere.example.org' };
const LARGE = `{"x":"${'x'.repeat(5_000)}"}`;
const KEYS = ['error', 'code', 'field', 'value', 'allowed', 'column', 'problems'];

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ maxBodySize: 4_096 });
});
afterAll(cleanUp);

const addedPaths = [...new Set(ENDPOINTS.filter(({ additive }) => additive === true).map(({ path }) => path))];
const addedWrites = ENDPOINTS.filter(({ additive, method }) => additive === true && method !== 'get');
const filled = (path: string): string => path.replaceAll(/\{\w+\}/g, 'x');

/** The one form: all keys in their order, and the first of the findings on top. */
function expectForm(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json; charset=utf-8']);
  const { problems, ...top } = answer.json;
  const keys = 'value' in top ? KEYS : KEYS.filter((key) => key !== 'value');
  expect(Object.keys(answer.json)).toEqual(keys);
  expect(top.code).toBe(code);
  expect(problems.length).toBeGreaterThan(0);
  // The text on top is the original's, with what it says before and behind the finding.
  expect(top.error).toContain(problems[0].error);
  expect(problems[0]).toEqual({ ...top, error: problems[0].error });
}

describe('errors of added paths have the one form without being asked for JSON', () => {
  it.each(addedPaths)('%s: 405', async (path) => {
    const answer = await node.call('PATCH', filled(path));
    expectForm(answer, 405, 'method_not_allowed');
    expect(answer.json).toMatchObject({ value: 'PATCH', allowed: answer.headers.get('allow') });
  });

  it.each(addedWrites)('$method $path: 403, 413, 415', async ({ method, path }) => {
    const call = (headers: Record<string, string>, body?: string) =>
      node.call(method.toUpperCase(), filled(path), { headers, ...(body === undefined ? {} : { body }) });
    const foreign = await call(STRANGER);
    expectForm(foreign, 403, 'origin_not_allowed');
    expect(foreign.json).toMatchObject({ field: 'Origin', value: STRANGER.origin });
    const allowed = path === '/v1/snapshot' ? 'application/octet-stream' : 'application/json';
    // Whatever is sent as a state is read as it comes: how large it may be is said elsewhere.
    if (path !== '/v1/snapshot') expectForm(await call({}, LARGE), 413, 'too_large');
    const typed = await call({ 'content-type': 'text/csv' }, 'a,b');
    expectForm(typed, 415, 'unsupported_media_type');
    expect(typed.json).toMatchObject({ field: 'Content-Type', value: 'text/csv', allowed });
  });

  it.each([
    ['GET', '/v1/executions/none', 404, 'not_found', ''],
    ['GET', '/v1/executions/none/output', 404, 'not_found', ''],
    ['POST', '/v1/executions/none/cancel', 404, 'not_found', ''],
    ['GET', '/v1/jobs/none/ticks', 404, 'not_found', ''],
    ['GET', '/v1/executions?trigger=odd', 400, 'invalid_value', 'trigger'],
    ['GET', '/v1/events?types=odd', 400, 'invalid_value', 'types'],
    ['GET', '/v1/schedules/preview?schedule=odd', 400, 'invalid_schedule', 'schedule'],
    ['GET', '/v1/schedules/preview?schedule=@daily&timezone=odd', 400, 'unknown_zone', 'timezone'],
    ['GET', '/v1/executions/%zz', 400, 'invalid_value', 'path'],
    ['GET', `/v1/executions/${'x'.repeat(5_000)}`, 404, 'not_found', ''],
  ])('%s %s: %i', async (method, path, status, code, field) => {
    const answer = await node.call(method, path);
    expectForm(answer, status, code);
    expect(answer.json.field).toBe(field);
  });

  it('ended executions and full streams', async () => {
    await node.put('short');
    await node.call('POST', '/v1/jobs/short/run');
    const executions = await node.executions('short');
    expect(executions).toHaveLength(1);
    const [{ id }] = executions;
    expectForm(await node.call('POST', `/v1/executions/${id}/cancel`), 409, 'already_finished');
    const full = await TestNode.start({ httpMaxStreams: 0 });
    expectForm(await full.get('/v1/events'), 503, 'not_supported');
  });
});

describe("errors of the original's paths", () => {
  const asked = { accept: 'text/html, application/json;q=0.9' };
  const cases = [
    ['GET', '/v1/jobs/none', {}, 404, '', 'not_found'],
    ['POST', '/v1/jobs', { body: '{' }, 400, 'Unable to parse payload: unexpected EOF.', 'invalid_json'],
    ['POST', '/v1/jobs/none/run?wait=odd', {}, 404, '', 'not_found'],
    ['DELETE', '/v1/jobs/none', {}, 404, '', 'not_found'],
    ['DELETE', '/v1/jobs/none', { headers: { 'if-match': '"1-1"' } }, 412, '', 'precondition_failed'],
    ['POST', '/v1/jobs?dry_run=odd', { body: job('a') }, 400, 'dry_run: odd is not allowed; allowed: true, 1, false, 0', 'invalid_value'],
    ['GET', '/v1/nothing', {}, 404, '404 page not found', 'not_found'],
    ['DELETE', '/v1/jobs', {}, 404, '404 page not found', 'not_found'],
    ['GET', '/v1/jobs/%ff', {}, 404, '', 'not_found'],
    ['GET', '/v1/jobs/%zz', {}, 400, '400 Bad Request', 'invalid_value'],
  ] as const; // prettier-ignore

  it.each(cases)('%s %s: the text of the original, the form for who asks', async (...one) => {
    const [method, path, options, status, text, code] = one;
    for (const accept of ['*/*', 'text/plain']) {
      const plain = await node.call(method, path, {
        ...options,
        headers: { ...('headers' in options ? options.headers : {}), accept },
      });
      expect([plain.status, plain.text]).toEqual([status, text]);
    }
    const headers = { ...('headers' in options ? options.headers : {}), ...asked };
    expectForm(await node.call(method, path, { ...options, headers }), status, code);
  });

  it('412 names the header', async () => {
    await node.put('tagged');
    const put = (headers: Record<string, string>) =>
      node.call('POST', '/v1/jobs', { body: job('tagged'), headers: { ...headers, ...asked } });
    for (const [field, value] of [
      ['If-Match', '"99-1"'],
      ['If-Match', 'odd'],
      ['If-None-Match', '*'],
    ] as const) {
      const answer = await put({ [field]: value });
      expectForm(answer, 412, 'precondition_failed');
      expect(answer.json.field).toBe(field);
    }
  });

  it('403 and 413', async () => {
    const foreign = { headers: STRANGER, body: job('a') };
    expect((await node.call('POST', '/v1/jobs', foreign)).headers.get('content-type')).toMatch(/^text\/plain/);
    expectForm(
      await node.call('POST', '/v1/jobs', { ...foreign, headers: { ...STRANGER, ...asked } }),
      403,
      'origin_not_allowed',
    );
    expect((await node.call('POST', '/v1/jobs', { body: LARGE })).text).toMatch(/^body of \d+ bytes is larger/);
    expectForm(await node.call('POST', '/v1/jobs', { body: LARGE, headers: asked }), 413, 'too_large');
  });
});
