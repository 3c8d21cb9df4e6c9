import { request as httpRequest, Agent } from 'node:http';
import { formatRfc3339 } from '@dkron/cron';
import { seededRandom } from '@dkron/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JsonSchema } from '../src/http/openapi/components.ts';
import type { Operation } from '../src/http/openapi/document.ts';
import { openApiDocument } from '../src/http/openapi/document.ts';
import { job, until } from './support/api.ts';
import { departure } from './support/documented.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

/**
 * Few by default, for a busy machine; `pnpm --filter @dkron/server run test:compute` sends 5,000. Others, and more:
 * `DKRON_REQUESTS=100000 DKRON_SEED=7 pnpm exec vitest run --project server generated-requests`.
 */
const REQUESTS = Number(process.env['DKRON_REQUESTS'] ?? 1_000);
const SEED = Number(process.env['DKRON_SEED'] ?? 20_260_101);
const IN_FLIGHT = 16;
/** The state is compared after the refused ones of this many requests. */
const BATCH = 50;

const document = openApiDocument('test');
const random = seededRandom(SEED);
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });

/** Batches whose refused requests were all refused again, so that the state could be compared. */
let compared = 0;

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ maxBodySize: 100_000 });
  await node.put('stored', { metadata: { k: 'v' } });
  await node.put('child', { parent_job: 'stored', schedule: '' });
  await node.put('idle', { disabled: true });
});
afterAll(async () => {
  agent.destroy();
  await cleanUp();
});

interface Generated {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

interface Seen {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

const pick = <T>(items: readonly T[]): T => items[random.nextInt(items.length)]!;
const chance = (share: number): boolean => random.nextInt(1_000) < share * 1_000;

const ODD_TEXTS = [
  '', ' ', 'x', '-1', '0', '1e400', '99999999999999999999', 'null', 'true', '[]', '{}', 'ä', '\u0000', '\ud800', '😀'.repeat(50),
  'a'.repeat(5_000), '../../etc/passwd', '%', '%zz', ';', '2026-13-01T00:00:00Z', formatRfc3339(0n), '@every -1h', '* * * * *',
  'TZ=UTC', '~', '@at x', '__proto__', 'constructor', '\r\nX: y',
]; // prettier-ignore
const ODD_JSON = [
  'null', 'true', '0', '-1', '1.5', '1e400', '-0', '9223372036854775808', '18446744073709551616', '""', '"x"', '"\\ud800"', '"\\u0000"',
  '[]', '[null]', '[[[[]]]]', '{}', '{"a":1}', '{"a":null}', '{"a":{"b":{"c":[]}}}', '"2026-01-01"', `"${'x'.repeat(20_000)}"`,
  '['.repeat(2_000), `${'['.repeat(500)}${']'.repeat(500)}`, `${'{"a":'.repeat(9_990)}1${'}'.repeat(9_990)}`, 'NaN', "'x'", '01', 'tru',
]; // prettier-ignore

const operations = Object.entries(document.paths)
  .filter(([path]) => !['/v1/leave', '/v1/events', '/metrics', '/ui/{file}'].includes(path))
  .flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));

function generate(): Generated {
  const { path, method, operation } = pick(operations);
  const target = path.replaceAll(/\{\w+\}/g, () =>
    encodeURIComponent(pick(['stored', 'child', 'idle', 'nobody', ...ODD_TEXTS]).toWellFormed()),
  );
  const query = queryOf(operation);
  const body = method === 'get' ? undefined : bodyOf(operation);
  return {
    method: method.toUpperCase(),
    path: `${target}${query}`,
    headers: headersOf(operation, body),
    body,
  };
}

function queryOf(operation: Operation): string {
  const pairs = operation.parameters
    .filter((one) => one.in === 'query' && chance(0.5))
    .map(({ name, schema }) => `${encodeURIComponent(name)}=${encodeURIComponent(queryValue(schema).toWellFormed())}`);
  if (chance(0.1))
    pairs.push(pick(['%', 'a=%zz', ';', '=', '&&', 'x'.repeat(3_000), '_start=-1', '_end=-5', '_sort=odd']));
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function queryValue(schema: JsonSchema): string {
  const words = schema['enum'];
  return Array.isArray(words) && chance(0.3) ? (pick(words) as string) : pick(ODD_TEXTS);
}

function headersOf(operation: Operation, body: Generated['body']): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, in: where } of operation.parameters) {
    if (where === 'header' && name !== 'Last-Event-ID' && chance(0.3)) {
      headers[name] = pick(['*', '"1-1"', '"x"', '""', 'W/"1-1"', '"99999999999999999999-1"', 'a'.repeat(300)]);
    }
  }
  if (chance(0.7)) headers['accept'] = pick(['application/json', 'application/json', '*/*', 'text/event-streams', 'x']);
  if (body !== undefined)
    headers['content-type'] = pick(['application/json', 'text/csv', 'multipart/form-data', 'x', '']);
  if (chance(0.05)) headers['origin'] = pick(['null', 'https://elsewhere.example.org']);
  return headers;
}

function bodyOf({ requestBody }: Operation): Generated['body'] {
  if (requestBody === undefined) return chance(0.5) ? undefined : pick(ODD_JSON);
  if (chance(0.1)) return pick(ODD_JSON);
  if (chance(0.15)) return JSON.stringify(job(pick(['stored', 'new']), { owner: pick(ODD_TEXTS) }));
  if (chance(0.05)) return Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0xef, 0xbb, 0xbf]);
  const fields = Object.keys(document.components.schemas['JobInput']!['properties'] as object);
  const wrong = Array.from({ length: 1 + random.nextInt(3) }, () => [pick(fields), pick(ODD_JSON)] as const);
  const right = Object.entries(job(pick(['stored', 'new', 'child', 'idle']))).map(([key, value]) => [
    key,
    JSON.stringify(value),
  ]);
  // Later keys win; sometimes the right ones come after the wrong, or twice.
  const members = chance(0.8) ? [...right, ...wrong] : [...wrong, ...right, ...wrong];
  const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
  return chance(0.15) ? text.slice(0, random.nextInt(text.length)) : text;
}

function send({ method, path, headers, body }: Generated): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(node.url);
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = httpRequest(
      { hostname, port, agent, method, path, headers: { ...headers, ...length }, maxHeaderSize: 131_072 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { statusCode: status = 0, headers: found } = response;
          resolve({ status, contentType: found['content-type'], text: Buffer.concat(chunks).toString('utf8') });
        });
        response.on('error', reject);
      },
    );
    // A body that is refused unread ends its connection.
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? resolve({ status: 0, contentType: undefined, text: '' })
        : reject(error),
    );
    sent.end(body);
  });
}

/** What a request alone changes, and the run of a child does not: definitions, switches, starts by hand. */
async function stateOf(): Promise<string> {
  const jobs = (await (await fetch(`${node.url}/v1/jobs?_end=1000`)).json()) as Record<string, unknown>[];
  const definitions = await Promise.all(
    jobs.map(async ({ name, owner, disabled }) => {
      const { headers } = await fetch(`${node.url}/v1/jobs/${encodeURIComponent(String(name))}`);
      return [name, owner, disabled, headers.get('etag')?.split('-', 1)[0]];
    }),
  );
  const switches = await Promise.all(
    ['/v1/pause', '/v1/scheduler'].map(async (path) => (await fetch(node.url + path)).text()),
  );
  const started = await fetch(`${node.url}/v1/executions?trigger=manual&_end=0`);
  return JSON.stringify([definitions, switches, started.headers.get('x-total-count')]);
}

const isRefused = ({ status }: Seen): boolean => status >= 400 || status === 0;
const isWrite = ({ method }: Generated): boolean => method !== 'GET';

/** What is wrong with an answer; undefined = nothing. */
function complaint(sent: Generated, seen: Seen): string | undefined {
  if (seen.status >= 500 && seen.status !== 503) return 'is the server’s fault';
  const departs = departure({ ...sent, ...seen });
  if (departs !== undefined) return departs;
  if (seen.status !== 400 || seen.contentType?.startsWith('application/json') !== true) return undefined;
  const { code, field, problems } = JSON.parse(seen.text) as { code: string; field: string; problems: unknown[] };
  if (problems.length === 0) return 'names no problem';
  const isWhole = code === 'invalid_json' || /into Go value|multipart/.test(seen.text);
  return field === '' && !isWhole ? 'names no field' : undefined;
}

it(
  `${REQUESTS} generated requests: no 500, no change by a refused one, the field is named`,
  async () => {
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    let writes = 0;
    for (let done = 0; done < REQUESTS && faults.length < 10; done += BATCH) {
      const batch = Array.from({ length: BATCH }, generate);
      // Reads and what changes something by right go together; what is refused is sent again below, alone.
      const answers: Seen[] = [];
      for (let at = 0; at < batch.length; at += IN_FLIGHT) {
        answers.push(...(await Promise.all(batch.slice(at, at + IN_FLIGHT).map(send))));
      }
      for (const [i, seen] of answers.entries()) {
        statuses.set(seen.status, (statuses.get(seen.status) ?? 0) + 1);
        const found = complaint(batch[i]!, seen);
        if (found !== undefined)
          faults.push(`${show(batch[i]!)} → ${seen.status} ${seen.text.slice(0, 200)}: ${found}`);
      }
      const refused = batch.filter((sent, i) => isWrite(sent) && isRefused(answers[i]!));
      writes += refused.length;
      const fault = await refusedTogether(refused);
      if (fault !== undefined) faults.push(fault);
    }
    expect(faults).toEqual([]);
    expect(node.fatal).toEqual([]);
    expect((await node.get('/health')).status).toBe(200);
    // The requests are worth something: many are refused, some are not, of every kind.
    for (const status of [200, 201, 404, 412]) expect([status, statuses.has(status)]).toEqual([status, true]);
    expect(statuses.get(400)).toBeGreaterThan(REQUESTS / 20);
    expect(writes).toBeGreaterThan(REQUESTS / 5);
    expect(compared).toBeGreaterThan(REQUESTS / BATCH / 2);
  },
  Math.max(600_000, REQUESTS * 60),
);

/** Sends refused writes again: those still refused must have changed nothing. */
async function refusedTogether(refused: readonly Generated[]): Promise<string | undefined> {
  await until('nothing runs', async () => {
    const open = await fetch(`${node.url}/v1/executions?state=pending&state=running&_end=0`);
    return open.headers.get('x-total-count') === '0';
  });
  const before = await stateOf();
  for (const sent of refused) {
    // By now it may be right: then it is no matter of this test.
    if (!isRefused(await send(sent))) return undefined;
  }
  const after = await stateOf();
  compared += 1;
  return after === before
    ? undefined
    : `a refused one of ${refused.map(show).join('\n')} changed ${before} to ${after}`;
}

function show({ method, path, headers, body }: Generated): string {
  return `${method} ${path.slice(0, 150)} ${JSON.stringify(headers)} ${String(body).slice(0, 300)}`;
}
