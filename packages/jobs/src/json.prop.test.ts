import { ZERO_TIME } from '@dkron/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Execution, GoJson, JsonNode, Member, StoredJob } from './index.ts';
import {
  comingTick,
  decodeUtf8,
  definitionEquals,
  echoJobBytes,
  echoJobJson,
  encodeUtf8,
  executionToJson,
  jobToJson,
  ledgerEntryToJson,
  memberToJson,
  parseJobJson,
  readJson,
  sharedDefinition,
  sortedMap,
  validateJob,
  writeGoJson,
} from './index.ts';

function toGo(value: unknown): GoJson {
  if (Array.isArray(value)) return value.map(toGo);
  if (typeof value !== 'object' || value === null) return value as GoJson;
  return { members: Object.entries(value).map(([key, item]) => [key, toGo(item)] as const) };
}

function fromNode(node: JsonNode): unknown {
  switch (node.kind) {
    case 'null':
      return null;
    case 'array':
      return node.items.map(fromNode);
    case 'object':
      return Object.fromEntries(node.keys.map((key, i) => [key, fromNode(node.values[i]!)]));
    case 'number':
      return Number(node.text);
    default:
      return node.value;
  }
}

describe('JSON', () => {
  it('what is written reads back the same, by ours and by the platform', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, pretty) => {
        const text = writeGoJson(toGo(value), { pretty });
        const expected: unknown = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(text)).toEqual(expected);
        expect(fromNode(readJson(text, { strict: true }))).toEqual(expected);
        if (pretty) expect(text).toBe(writeGoJson(toGo(JSON.parse(text)), { pretty }));
      }),
    );
  });

  it('refuses what the platform refuses', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123.eE+-truefalsn \n')), maxLength: 12 }),
        (text) => {
          const attempt = (read: () => unknown): boolean => {
            try {
              read();
              return true;
            } catch {
              return false;
            }
          };
          expect(
            attempt(() => readJson(text, { strict: true })),
            text,
          ).toBe(attempt(() => JSON.parse(text)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('indents by four spaces and leaves empty ones closed', () => {
    expect(writeGoJson(toGo({ a: [1, {}], b: [] }), { pretty: true })).toBe(
      '{\n    "a": [\n        1,\n        {}\n    ],\n    "b": []\n}',
    );
  });

  it('keeps 64-bit integers exact and sorts maps by bytes', () => {
    expect(writeGoJson(9_223_372_036_854_775_807n)).toBe('9223372036854775807');
    expect(writeGoJson(sortedMap({ '\u{1f600}': 1, '\uffff': 2, b: 3, B: 4 }))).toBe(
      '{"B":4,"b":3,"\uffff":2,"\u{1f600}":1}',
    );
  });

  it('the echo as bytes is the echo as text', () => {
    const text = fc.oneof(
      fc.string({
        unit: fc.constantFrom(...Array.from('a"\\\n\u0000\u001f\u007f<>&é\u2028€😀'), '\ud800', '\udc00'),
        maxLength: 8,
      }),
      fc.string({ unit: 'binary' }),
    );
    const map = fc.option(fc.dictionary(text, text, { maxKeys: 4 }));
    const fields = {
      name: text,
      displayname: text,
      schedule: text,
      success_count: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      error_count: fc.nat(20),
      retries: fc.nat(),
      disabled: fc.boolean(),
      ephemeral: fc.boolean(),
      tags: map,
      metadata: map,
      executor_config: map,
      processors: fc.option(fc.dictionary(text, map, { maxKeys: 3 })),
      dependent_jobs: fc.option(fc.array(text, { maxLength: 3 })),
      next: fc.constantFrom(null, '2030-01-01T00:00:00+02:00'),
      starts_at: fc.constantFrom(null, '2030-01-01T00:00:00Z'),
      last_error: fc.constantFrom(null, '2030-01-01T00:00:00.5Z'),
      timeout: text,
      catchup_window: text,
    };
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), (job) => {
        const parsed = parseJobJson(JSON.stringify(job));
        expect(Buffer.from(echoJobBytes(parsed)).toString()).toBe(echoJobJson(parsed));
        // Lone surrogates that no parser lets through.
        const raw = { ...parsed, echo: { ...parsed.echo, owner: job.name ?? '', tags: job.tags ?? null } };
        expect(Buffer.from(echoJobBytes(raw)).toString()).toBe(echoJobJson(raw));
      }),
    );
    const long = { ...parseJobJson('{}'), echo: { ...parseJobJson('{}').echo, owner: '<é'.repeat(100_000) } };
    expect(Buffer.from(echoJobBytes(long)).toString()).toBe(echoJobJson(long));
  });

  it('UTF-8 agrees with the platform for well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const whole = text.toWellFormed();
        expect([...encodeUtf8(text)]).toEqual([...Buffer.from(whole, 'utf8')]);
        expect(decodeUtf8(Buffer.from(whole, 'utf8'))).toBe(whole);
      }),
    );
  });

  it('UTF-8: each byte of a broken sequence is one U+FFFD', () => {
    expect(decodeUtf8(Uint8Array.of(0x61, 0xe2, 0x82, 0x62, 0xc0, 0x80, 0xed, 0xa0, 0x80))).toBe(
      'a\ufffd\ufffdb' + '\ufffd'.repeat(5),
    );
  });
});

function stored(body: string, state: Partial<StoredJob['state']> = {}): StoredJob {
  return {
    definition: parseJobJson(body).definition,
    state: {
      version: 1,
      revision: 1,
      successCount: 0,
      errorCount: 0,
      lastSuccess: null,
      lastError: null,
      status: '',
      next: ZERO_TIME,
      nextTick: null,
      decidedUpTo: 0n,
      anchor: 0n,
      dependentJobs: [],
      problem: '',
      ...state,
    },
  };
}

describe('jobs as JSON', () => {
  it('GET shows maps normalised, in the order of the original', () => {
    const body =
      '{"name":"a","schedule":"@manually","tags":{},"processors":{"b":null,"a":{"k":"v"}},"metadata":{"z":"1","y":null}}';
    expect(jobToJson(stored(body))).toBe(
      '{"id":"a","name":"a","displayname":"","timezone":"","schedule":"@manually","owner":"","owner_email":"","success_count":0,"error_count":0,"last_success":null,"last_error":null,"disabled":false,"tags":null,"metadata":{"y":"","z":"1"},"retries":0,"dependent_jobs":null,"parent_job":"","processors":{"a":{"k":"v"},"b":{}},"concurrency":"allow","executor":"","executor_config":null,"status":"","next":"0001-01-01T00:00:00Z","ephemeral":false,"starts_at":null,"expires_at":null}',
    );
  });

  it('G-S6: additive keys and the problem follow, and go when at their defaults', () => {
    const body =
      '{"name":"a","schedule":"@manually","dst_gap":"after","dst_overlap":"last","catchup":"all","catchup_window":"1h","timeout":"5s"}';
    expect(jobToJson(stored(body, { problem: 'x' })).split('"expires_at":null')[1]).toBe(
      ',"dst_gap":"after","dst_overlap":"last","catchup":"all","catchup_window":"1h","timeout":"5s","problem":"x"}',
    );
    const plain = '{"name":"a","schedule":"@manually","dst_gap":null,"catchup_window":"24h","timeout":""}';
    expect(jobToJson(stored(plain)).endsWith('"expires_at":null}')).toBe(true);
  });

  it('what GET shows can be posted again and means the same', () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
    const map = fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }));
    fc.assert(
      fc.property(
        name,
        map,
        map,
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.string(),
        (job, tags, metadata, retries, owner) => {
          const sent = JSON.stringify({ name: job, schedule: '@daily', tags, metadata, retries, owner });
          const first = stored(sent);
          const again = parseJobJson(jobToJson(first));
          expect(validateJob(again.definition)).toEqual([]);
          expect(definitionEquals(first.definition, again.definition)).toBe(true);
          expect(definitionEquals(first.definition, { ...again.definition, retries: retries + 1 })).toBe(false);
        },
      ),
    );
  });

  it('a definition that shares with an earlier one says what it said', () => {
    const text = fc.constantFrom('', 'a', 'b');
    const map = fc.option(fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), text, { maxKeys: 2 }));
    const fields = {
      name: text,
      displayname: text,
      timezone: text,
      schedule: text,
      owner: text,
      owner_email: text,
      disabled: fc.boolean(),
      tags: map,
      metadata: map,
      retries: fc.nat(1),
      parent_job: text,
      processors: fc.option(fc.dictionary(text, map, { maxKeys: 2 })),
      concurrency: text,
      executor: text,
      executor_config: map,
      ephemeral: fc.boolean(),
      starts_at: fc.constantFrom(null, '2030-01-01T00:00:00Z'),
      expires_at: fc.constantFrom(null, '2030-01-01T00:00:00Z'),
      dst_gap: text,
      dst_overlap: text,
      catchup: text,
      catchup_window: text,
      timeout: text,
    };
    const definition = fc.record(fields).map((job) => parseJobJson(JSON.stringify(job)).definition);
    fc.assert(
      fc.property(definition, definition, fc.boolean(), (before, after, emptyMap) => {
        const later = emptyMap ? { ...after, tags: {} } : after;
        const shared = sharedDefinition(before, later);
        expect(shared).toStrictEqual(later);
        expect(Object.keys(shared)).toEqual(Object.keys(later));
        expect(shared).not.toBe(later);
        expect(definitionEquals(shared, later)).toBe(true);
      }),
    );
    const one = parseJobJson('{"name":"a","tags":{"x":"1"},"metadata":{"y":"2"}}').definition;
    const two = sharedDefinition(one, parseJobJson('{"name":"a","tags":{"x":"1"},"metadata":{"y":"3"}}').definition);
    expect(two.tags).toBe(one.tags);
    expect(two.metadata).not.toBe(one.metadata);
  });

  it('reports all problems at once', () => {
    const { definition } = parseJobJson(
      '{"name":"A","schedule":"x","concurrency":"z","timezone":"q","executor":"shell","executor_config":{"timeout":"y","mem_limit":"0"},"dst_gap":"","dst_overlap":"x","catchup":"x","catchup_window":"1ms","timeout":"0s"}',
    );
    expect(validateJob(definition).map((found) => found.field)).toEqual([
      'name',
      'schedule',
      'concurrency',
      'timezone',
      'executor_config.timeout',
      'executor_config.mem_limit',
      'dst_gap',
      'dst_overlap',
      'catchup',
      'catchup_window',
      'timeout',
    ]);
  });

  it('lists all wrong types, a date first', () => {
    expect.assertions(1);
    try {
      parseJobJson('{"name":1,"tags":{"a":2},"next":"x"}');
    } catch (error) {
      const { problems } = error as { problems: { field: string }[] };
      expect(problems.map((found) => found.field)).toEqual(['next', 'name', 'tags.a']);
    }
  });
});

describe('comingTick', () => {
  const body = (more: string): string => `{"name":"a","schedule":"@daily"${more}}`;
  it('G-S3: is the tick, the start that lies ahead, or what is stored', () => {
    const state = { next: 5n, nextTick: 9n };
    expect(comingTick(stored(body(''), state), 1n)).toBe(9n);
    const later = stored(body(',"starts_at":"1970-01-01T00:00:01Z"'), state);
    expect(comingTick(later, 1n)).toBe(1_000_000_000n);
    expect(comingTick(later, 1_000_000_000n)).toBe(9n);
    expect(comingTick(stored(body(',"disabled":true'), state), 1n)).toBe(5n);
    expect(comingTick(stored(body(',"parent_job":"p"'), state), 1n)).toBe(5n);
    expect(comingTick(stored(body(''), { next: 5n }), 1n)).toBe(5n);
  });
});

describe('executions, ledger entries and members as JSON', () => {
  const running: Execution = {
    id: '1700000000123456789-n1',
    stamp: 1_700_000_000_123_456_789n,
    jobName: 'a',
    group: 1_700_000_000_123_456_789n,
    nodeName: 'n1',
    attempt: 1,
    state: 'running',
    trigger: 'schedule',
    tick: 1_700_000_000_000_000_000n,
    reason: null,
    exitCode: null,
    startedAt: 1_700_000_000_200_000_000n,
    finishedAt: ZERO_TIME,
    cancelRequested: false,
  };

  it('G-A9: a running execution shows year 1, whatever the zone', () => {
    expect(executionToJson(running, { zone: 'America/New_York', outputTruncated: false })).toBe(
      '{"id":"1700000000123456789-n1","job_name":"a","started_at":"2023-11-14T17:13:20.2-05:00","finished_at":"0001-01-01T00:00:00Z","success":false,"node_name":"n1","group":1700000000123456789,"attempt":1,"output_truncated":false,"state":"running","trigger":"schedule","tick":"2023-11-14T22:13:20Z"}',
    );
  });

  it('G-X14: an ended one shows reason, exit code and duration', () => {
    const done: Execution = {
      ...running,
      state: 'failed',
      reason: 'exit',
      exitCode: 3,
      finishedAt: running.startedAt + 1_999_999n,
    };
    const text = executionToJson(done, { output: Uint8Array.of(0x3c, 0xff) });
    expect(text).toContain('"success":false,"output":"\\u003c\ufffd","node_name"');
    expect(text.endsWith('"reason":"exit","exit_code":3,"duration_ms":1}')).toBe(true);
  });

  it('a ledger entry shows group and executions only for a run', () => {
    const entry = {
      jobName: 'a',
      tick: 0n,
      lastTick: 1n,
      count: 2,
      decision: 'skipped',
      reason: 'forbid',
      trigger: 'schedule',
      decidedAt: 2n,
      group: null,
      executions: [],
    } as const;
    expect(ledgerEntryToJson(entry)).toBe(
      '{"job_name":"a","tick":"1970-01-01T00:00:00Z","last_tick":"1970-01-01T00:00:00.000000001Z","count":2,"decision":"skipped","reason":"forbid","trigger":"schedule","decided_at":"1970-01-01T00:00:00.000000002Z"}',
    );
    expect(ledgerEntryToJson({ ...entry, decision: 'run', reason: '', group: 7n, executions: ['7-n'] })).toContain(
      '"group":7,"executions":["7-n"]}',
    );
  });

  it('a member has an id only in the list', () => {
    const member: Member = { name: 'n1', addr: '10.0.0.1', port: 8946, tags: { b: '2', a: '1' }, status: 'failed' };
    const common =
      '{"Name":"n1","Addr":"10.0.0.1","Port":8946,"Tags":{"a":"1","b":"2"},"Status":4,"ProtocolMin":1,"ProtocolMax":5,"ProtocolCur":2,"DelegateMin":2,"DelegateMax":5,"DelegateCur":4';
    expect(memberToJson(member)).toBe(`${common}}`);
    expect(memberToJson(member, { id: 'u' })).toBe(`${common},"id":"u","statusText":"failed"}`);
  });
});
