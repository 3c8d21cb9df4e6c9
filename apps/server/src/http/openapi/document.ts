import type { z } from 'zod';
import { error } from '../schemas/error.ts';
import { execution, jobChange, outputPiece, tick } from '../schemas/execution.ts';
import type { JsonSchema } from './components.ts';
import { Components } from './components.ts';
import type { Answer, AnswerHeader, Endpoint, RequestHeader } from './endpoint.ts';
import { TAGS } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { commonAnswers } from './node-endpoints.ts';

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: {
    readonly description: string;
    readonly required: boolean;
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface DocumentedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  job: 'Name of the job',
  execution: 'Id of the execution',
  id: 'Id of the execution',
  file: 'Path of the file',
};

const REQUEST_HEADERS: Readonly<Record<RequestHeader, string>> = {
  'If-Match': 'An `ETag`: only if the definition of the job is still that one, whatever ran meanwhile',
  'If-None-Match': '`*` on a write: only if there is no such job. An `ETag` on a read: 304 if nothing has changed',
  'Idempotency-Key': 'The same key within 10 minutes answers the same run; at most 128 characters',
  'Last-Event-ID': 'Id of the last event seen',
};

const ANSWER_HEADERS: Readonly<Record<AnswerHeader, string>> = {
  ETag: '`"<version>-<revision>"`: changes of the definition, and all changes',
  Location: 'As the original gives it',
  Warning: 'What is allowed and probably not meant: `199 dkron "…"`; absent = nothing',
  'X-Total-Count': 'How many there are in all',
  Allow: 'The methods of the path',
};

const EVERY_QUERY: Parameter = {
  name: 'pretty',
  in: 'query',
  required: false,
  description: 'Present with any value: JSON indented by four blanks',
  schema: { type: 'string' },
};

const SHARED_QUERY: Parameter = {
  name: 'consistent',
  in: 'query',
  required: false,
  description: 'The key alone or `true`: answer only with all that was committed before; 503 when no server leads',
  schema: { type: 'string', enum: ['true', 'false', '1', '0'] },
};

const DESCRIPTION = `The REST API of Dkron, and what this server adds to it.

Every answer has \`X-Request-Id\` (the one sent, or a new one), and under \`/v1\` \`X-Whom\`, the name of the server. Errors of
the original's paths are its own texts, unless \`Accept\` names \`application/json\`: then, and on the added paths always,
they are the schema \`Error\`. Integers marked \`int64\` go beyond what JavaScript's numbers keep.`;

/** The API as OpenAPI 3.1. */
export function openApiDocument(version: string): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const endpoint of ENDPOINTS) {
    const path = (paths[endpoint.path] ??= {});
    path[endpoint.method] = operationOf(endpoint, components);
  }
  for (const schema of [error, execution, tick, jobChange, outputPiece]) components.of(schema, 'output');
  return {
    openapi: '3.1.1',
    info: { title: 'Dkron', version, description: DESCRIPTION },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: sortedByName(components.schemas) },
  };
}

function operationOf(endpoint: Endpoint, components: Components): Operation {
  const { method, path, tag, summary, description, body } = endpoint;
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...pathParameters(path), ...queryParameters(endpoint, components), ...headerParameters(endpoint)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            description: body.description,
            required: true,
            content: { [body.type]: { schema: components.of(body.schema, 'input') } },
          },
        }),
    responses: answersOf(endpoint, components),
  };
}

/** `get /v1/jobs/{job}` → `getJobsJob`. */
function operationId(method: string, path: string): string {
  const words = path.replace(/^\/v1/, '').split(/[^a-z]+/i);
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return method + (name === '' ? (path === '/' ? 'Root' : 'Server') : name);
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: PATH_PARAMETERS[name] ?? '',
    schema: { type: 'string' },
  }));
}

function queryParameters({ query, path, shared }: Endpoint, components: Components): Parameter[] {
  const own = Object.entries(query?.shape ?? {}).map(([name, schema]) =>
    parameterOf(name, schema as z.ZodType, components),
  );
  return [...own, ...(shared === true ? [SHARED_QUERY] : []), ...(path.startsWith('/v1') ? [EVERY_QUERY] : [])];
}

function parameterOf(name: string, schema: z.ZodType, components: Components): Parameter {
  const { description, ...shown } = components.of(schema, 'input');
  const words = typeof description === 'string' ? { description } : {};
  return { name, in: 'query', required: !schema.safeParse(undefined).success, ...words, schema: shown };
}

function headerParameters({ requestHeaders = [] }: Endpoint): Parameter[] {
  return requestHeaders.map((name) => ({
    name,
    in: 'header',
    required: false,
    description: REQUEST_HEADERS[name],
    schema: { type: 'string' },
  }));
}

function answersOf(endpoint: Endpoint, components: Components): Record<string, DocumentedAnswer> {
  return Object.fromEntries(
    Object.entries({ ...commonAnswers(endpoint), ...endpoint.answers }).map(([status, answer]) => [
      status,
      documented(answer, components),
    ]),
  );
}

function documented({ description, content, headers = [] }: Answer, components: Components): DocumentedAnswer {
  const bodies = Object.entries(content ?? {}).map(
    ([type, schema]) => [type, { schema: components.of(schema, 'output') }] as const,
  );
  const named = headers.map(
    (name) => [name, { description: ANSWER_HEADERS[name], schema: { type: 'string' } as JsonSchema }] as const,
  );
  return {
    description,
    ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
    ...(bodies.length === 0 ? {} : { content: Object.fromEntries(bodies) }),
  };
}

function sortedByName<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
