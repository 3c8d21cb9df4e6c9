import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Answers = Readonly<Record<string, readonly [status: number, body: string]>>;

/** Answers by `METHOD /path` without query; anything else is 404. */
async function serve(answers: Answers, seen: string[] = []): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const key = `${request.method} ${request.url?.split('?')[0]}`;
      seen.push(`${key} ${body}`);
      const [status, text] = answers[key] ?? [404, ''];
      response.writeHead(status).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  stdin = '',
): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runProgram(args, {
    env,
    workingFolder: '/nowhere',
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: () => Promise.resolve(stdin),
  });
  return { code, out, err };
}

const execution = (state: string, more = ''): string =>
  `{"id":"7-n","job_name":"a","started_at":"2030-01-01T00:00:00Z","finished_at":"2030-01-01T00:00:01Z","success":${state === 'success'},"output":"hi\\n","node_name":"n","group":1700000000123456789,"attempt":1,"state":"${state}","trigger":"manual"${more}}`;

function runAnswers(state: string, retries = 0): Answers {
  const ended = execution(state, state === 'failed' ? ',"reason":"exit"' : '');
  return {
    'GET /v1/jobs/a': [200, `{"name":"a","retries":${retries}}`],
    'POST /v1/jobs/a/run': [202, '{"job_name":"a","group":1700000000123456789,"executions":["7-n"]}'],
    'GET /v1/executions': [200, `[${ended}]`],
    'GET /v1/executions/7-n': [200, ended],
  };
}

describe('dkron', () => {
  it('prints the version in the original’s four lines', async () => {
    expect(await run(['version'])).toEqual({
      code: 0,
      out: 'Name: Dkron\nVersion: devel\nCodename: Devel\nAgent Protocol: 5 (Understands back to: 2)\n',
      err: '',
    });
  });

  it('ends unknown commands with 1, help with 0', async () => {
    expect((await run(['nonsense'])).code).toBe(1);
    expect((await run(['agent', '--help'])).code).toBe(0);
    expect((await run([])).out).toContain('agent');
  });

  it('a node without --server is an agent, which says what it cannot use', async () => {
    const addresses = ['--bind-addr=127.0.0.1:0', '--advertise-addr=127.0.0.1'];
    const { code } = await run(['agent', ...addresses, '--data-dir=/proc/nowhere']);
    expect(code).toBe(1);
  });

  it('names flag, value and what is allowed', async () => {
    expect((await run(['agent', '--server', '--rpc-port=x'])).err).toMatch(
      /\ndkron: --rpc-port: "x" is not allowed, expected a whole number\n$/,
    );
    expect((await run(['agent', '--server', '--rpc-port=70000'])).err).toMatch(
      /\ndkron: rpc-port: "70000" is not allowed, expected a whole number from 0 to 65535 \(--rpc-port\)\n$/,
    );
    expect((await run(['agent', '--server'], { DKRON_KILL_GRACE: '5' })).err).toMatch(
      /\ndkron: kill-grace: "5" is not allowed, expected a duration .* \(DKRON_KILL_GRACE\)\n$/,
    );
    expect((await run(['job', 'list', '--api-url', 'here'])).err).toMatch(/^dkron: --api-url: "here"/);
  });
});

describe('dkron job', () => {
  it('run prints the output and ends with 0', async () => {
    const url = await serve(runAnswers('success'));
    expect(await run(['job', 'run', 'a', '--api-url', url])).toEqual({ code: 0, out: 'hi\n', err: '' });
  });

  it('run ends with 2 when the run failed', async () => {
    const url = await serve(runAnswers('failed'));
    expect(await run(['job', 'run', 'a'], { DKRON_API_URL: url })).toEqual({
      code: 2,
      out: 'hi\n',
      err: 'dkron: the run ended unsuccessfully on n: failed (exit)\n',
    });
  });

  it.each(['success', 'failed'])(
    'run --output json prints the executions of a run that ended with %s',
    async (state) => {
      const answers = runAnswers(state);
      const { code, out } = await run(['job', 'run', 'a', '--output=json', '--api-url', await serve(answers)]);
      expect(code).toBe(state === 'success' ? 0 : 2);
      expect(out).toBe(`[${answers['GET /v1/executions/7-n']?.[1]}]\n`);
    },
  );

  it('apply sends each job of a YAML array, integers exact', async () => {
    const seen: string[] = [];
    const url = await serve({ 'POST /v1/jobs': [201, '{}'] }, seen);
    const yaml = '- {name: a, retries: 18446744073709551615}\n- name: b\n  schedule: "@daily"\n';
    const { code, out } = await run(['job', 'apply', '-f', '-', '--api-url', url], {}, yaml);
    expect({ code, out }).toEqual({ code: 0, out: 'stored a\nstored b\n' });
    // This server knows no dry run and has stored them at once: they are not sent again.
    expect(seen).toEqual([
      'POST /v1/jobs {"name":"a","retries":18446744073709551615}',
      'POST /v1/jobs {"name":"b","schedule":"@daily"}',
    ]);
    expect(await run(['job', 'apply', '-', '--api-url', url], {}, '{name: one}')).toMatchObject({
      out: 'stored one\n',
    });
    expect((await run(['job', 'apply', '-', '-f', '-'])).err).toBe(
      'dkron: the file is named twice, as a word and with --file\n',
    );
  });

  it('apply says where a document is no job', async () => {
    expect(await run(['job', 'apply', '-f', '-'], {}, '[1]')).toMatchObject({
      code: 1,
      err: 'dkron: standard input: a job is an object with a name\n',
    });
    expect((await run(['job', 'apply', '-f', '/no/such'])).err).toMatch(/^dkron: cannot read \/no\/such/);
    expect(await run(['job', 'apply', '-f', '-'], {}, '{"name":')).toMatchObject({ code: 1 });
  });

  it('list prints the server’s bytes as JSON, or a table', async () => {
    const body =
      '[{"name":"a","schedule":"@daily","status":"","next":"0001-01-01T00:00:00Z","success_count":1,"error_count":2,"group":9007199254740993}]';
    const child = '[{"name":"b","schedule":"","parent_job":"a","status":"","next":"1970-01-01T00:00:00Z"}]';
    const childUrl = await serve({ 'GET /v1/jobs': [200, child] });
    expect((await run(['job', 'list', '--api-url', childUrl])).out).toMatch(/\nb +after a +- +- +/);
    const url = await serve({ 'GET /v1/jobs': [200, body] });
    expect((await run(['job', 'list', '--output', 'json', '--api-url', url])).out).toBe(`${body}\n`);
    expect((await run(['job', 'list', '--api-url', url])).out).toBe(
      'NAME  SCHEDULE  STATUS  NEXT  OK/FAILED\na     @daily    -       -     1/2\n',
    );
  });

  it('says when a write got no answer and may have been done', async () => {
    const server = createServer((request) => request.socket.destroy());
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, err } = await run(['job', 'delete', 'a', '--api-url', url]);
    expect(code).toBe(1);
    expect(err).toMatch(/^dkron: no answer from http:.*; it may have been done all the same\n$/);
  });

  it('a refusal goes to stderr and ends with 1', async () => {
    const url = await serve({ 'DELETE /v1/jobs/a': [404, '{"error":"job a does not exist","code":"not_found"}'] });
    expect(await run(['job', 'delete', 'a', '--api-url', url])).toEqual({
      code: 1,
      out: '',
      err: 'dkron: job a does not exist\n',
    });
  });
});

describe('dkron job logs', () => {
  const piece = (seq: number, text: string): string => `event: output\ndata: ${JSON.stringify({ seq, text })}\n\n`;
  const ended = `event: end\ndata: ${execution('success')}\n\n`;

  /** Each connection is answered with the next text; one that has no `end` breaks after it. */
  async function serveStream(texts: readonly string[], type = 'text/event-stream'): Promise<string> {
    let asked = 0;
    const server = createServer((request, response) => {
      const path = request.url?.split('?')[0] ?? '';
      if (path === '/v1/jobs/a') return response.end('{"name":"a"}');
      if (path === '/v1/executions') return response.end(`[${execution('running')}]`);
      expect([path, request.headers.accept]).toEqual(['/v1/executions/7-n/output', 'text/event-stream']);
      return response.setHeader('content-type', type).end(texts[Math.min(asked++, texts.length - 1)]);
    });
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('follows live until the execution has ended, and prints each byte once though the stream breaks', async () => {
    const url = await serveStream([piece(0, 'a\n') + piece(1, 'b'), piece(0, 'a\nb\nc') + ended]);
    expect(await run(['job', 'logs', 'a', '--follow', '--api-url', url])).toEqual({
      code: 0,
      out: 'a\nb\nc\n',
      err: '',
    });
  });

  it('says when the server has no live output', async () => {
    const url = await serveStream(['text'], 'text/plain');
    const { code, err } = await run(['job', 'logs', 'a', '-f', '--api-url', url]);
    expect(code).toBe(1);
    expect(err).toMatch(/^dkron: .*expected text\/event-stream: the server is too old for it\n$/);
  });

  it('says when there is no execution', async () => {
    const url = await serve({ 'GET /v1/jobs/a': [200, '{"name":"a"}'], 'GET /v1/executions': [200, '[]'] });
    expect(await run(['job', 'logs', 'a', '--api-url', url])).toEqual({
      code: 1,
      out: '',
      err: 'dkron: job a has no execution\n',
    });
  });
});

describe('dkron job preview', () => {
  const answer = {
    schedule: '~ 0 3 * * *',
    resolved: '7 0 3 * * *',
    timezone: 'Europe/Berlin',
    description: 'at 03:00:07',
    next: [{ tick: '2030-01-01T02:00:07Z', local: '2030-01-01T03:00:07+01:00', notes: ['gap', 'moved'] }],
    complete: true,
  };

  it('prints the schedule in words and its next ticks', async () => {
    const url = await serve({ 'GET /v1/schedules/preview': [200, JSON.stringify(answer)] });
    const { code, out } = await run(['job', 'preview', '~ 0 3 * * *', '--api-url', url]);
    expect([code, out]).toEqual([
      0,
      '~ 0 3 * * * = 7 0 3 * * *: at 03:00:07 (Europe/Berlin)\n' +
        'NEXT                  LOCAL                      NOTES\n' +
        '2030-01-01T02:00:07Z  2030-01-01T03:00:07+01:00  gap moved\n' +
        'There is no further run.\n',
    ]);
  });

  it('names the zone once', async () => {
    const described = { ...answer, description: 'at 03:00:07, time zone Europe/Berlin' };
    const url = await serve({ 'GET /v1/schedules/preview': [200, JSON.stringify(described)] });
    const { out } = await run(['job', 'preview', '~ 0 3 * * *', '--api-url', url]);
    expect(out.split('\n')[0]).toBe('~ 0 3 * * * = 7 0 3 * * *: at 03:00:07, time zone Europe/Berlin');
  });

  it('says when the server is too old', async () => {
    const url = await serve({});
    const { code, err } = await run(['job', 'preview', '@daily', '--api-url', url]);
    expect([code, err]).toEqual([
      1,
      'dkron: this server is too old to preview schedules: it has no /v1/schedules/preview\n',
    ]);
  });
});

describe('words', () => {
  it.each([
    [['job', 'nope'], 'Error: unknown command "nope" for "dkron job"\nRun \'dkron job --help\' for usage.\n'],
    [['job', 'get'], 'dkron: <name> is missing\n'],
    [['job', 'list', 'x'], 'dkron: "x" is one word too many\n'],
    [['job', 'list', '--output=xml'], 'dkron: --output: "xml" is not allowed, expected table or json\n'],
    [['job', 'apply'], 'dkron: the file is missing; - reads standard input\n'],
    [['job', 'ticks', 'a', '--limit=x'], 'dkron: --limit: "x" is not allowed, expected a whole number ≥ 0\n'],
    [['job', 'list', '--outptu=json'], 'dkron: unknown flag: --outptu\ndkron: did you mean --output?\n'],
  ])('%j is refused on standard error alone', async (args, err) => {
    expect(await run(args)).toEqual({ code: 1, out: '', err });
  });
});
