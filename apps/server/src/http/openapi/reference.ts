import { ERROR_CODES } from '../error-codes.ts';
import type { JsonSchema } from './components.ts';
import type { OpenApiDocument, Operation } from './document.ts';
import { shapeOf } from './shape.ts';

const NOTICE = '<!-- Made by `pnpm --filter @dkron/server run generate:docs`; change the schemas, not this page. -->';

const INTRODUCTION = `A server describes itself: \`GET /openapi.json\` (OpenAPI 3.1) and \`GET /docs\` (to read, without network).

## Rules

- Every answer has \`X-Request-Id\`: the one sent (at most 128 printable characters) or a new one; under \`/v1\` also
  \`X-Whom\`, the name of the server.
- \`?pretty\` on any path under \`/v1\` indents the JSON by four blanks.
- Times are RFC 3339; year 1 means none. \`int64\` goes beyond what JavaScript's numbers keep: read it as a big integer.
- Reads are open to pages of any origin, writes to those in the setting \`cors-origins\`.
- The original's paths answer unknown methods with 404, the added ones (marked **added**) with 405 and \`Allow\`. They take
  \`application/json\` or no body, else 415.
- A body above \`max-body-size\` is 413.
- \`ETag\` of a job is \`"<version>-<revision>"\`. \`If-Match\` compares the version, which runs do not change:

\`\`\`sh
curl -i http://127.0.0.1:8080/v1/jobs/backup          # ETag: "3-17"
curl -X PUT -H 'If-Match: "3-17"' -d @backup.json http://127.0.0.1:8080/v1/jobs/backup   # 412 when edited meanwhile
\`\`\`

## Errors

The added paths, and the original's when \`Accept\` names \`application/json\`, answer:

\`\`\`json
{
  "error": "Job validation failed: Error parsing job timeout value.",
  "code": "invalid_value",
  "field": "executor_config.timeout",
  "value": "5x",
  "allowed": "Go duration, e.g. 30s",
  "column": null,
  "problems": [ … all findings, the first one too … ]
}
\`\`\`

Otherwise the original's paths answer the original's text, often an empty one. The status is the same.`;

/** `docs/reference/rest.md` */
export function restReference({ tags, paths, components }: OpenApiDocument, added: ReadonlySet<string>): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]);
  const sections = tags.map(({ name, description }) =>
    [
      `## ${name}\n\n${description}.`,
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ path, method, operation }) => section(path, method, operation, added)),
    ].join('\n\n'),
  );
  const schemas = Object.entries(components.schemas).map(schemaSection);
  return [
    '# REST API',
    NOTICE,
    INTRODUCTION,
    table(['Code', 'Meaning'], codes),
    ...sections,
    '## Schemas',
    'A star marks keys that are always there.',
    ...schemas,
  ]
    .join('\n\n')
    .concat('\n');
}

function section(path: string, method: string, operation: Operation, added: ReadonlySet<string>): string {
  const { summary, description, requestBody, responses } = operation;
  const parameters = operation.parameters.filter(({ name }) => name !== 'pretty');
  const parts = [
    `### ${method.toUpperCase()} ${path}`,
    `${summary}.${added.has(path) ? ' **added**' : ''}`,
    description ?? '',
    table(
      ['Parameter', 'In', 'Form', ''],
      parameters.map((one) => [
        `\`${one.name}\`${one.required ? ' *' : ''}`,
        one.in,
        form(one.schema),
        one.description ?? '',
      ]),
    ),
    ...Object.entries(requestBody?.content ?? {}).map(
      ([type, { schema }]) => `Body, \`${type}\`: ${form(schema)}. ${requestBody?.description ?? ''}.`,
    ),
    table(
      ['Answer', 'Form', ''],
      Object.entries(responses).map(([status, { description: said, content = {} }]) => [
        status,
        Object.entries(content)
          .map(([type, { schema }]) => (type === 'application/json' ? form(schema) : `\`${type}\``))
          .join(' or '),
        said,
      ]),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function schemaSection([name, schema]: readonly [string, JsonSchema]): string {
  const required = new Set((schema['required'] ?? []) as string[]);
  const rows = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>).map(([key, member]) => [
    `\`${key}\`${required.has(key) ? ' *' : ''}`,
    form(member),
    typeof member['description'] === 'string' ? member['description'] : '',
  ]);
  const said = typeof schema['description'] === 'string' ? [schema['description']] : [];
  return [`### ${name}`, ...said, table(['Key', 'Form', 'Meaning'], rows)].join('\n\n');
}

function form(schema: JsonSchema): string {
  const shape = shapeOf(schema);
  const name = /^([A-Z][A-Za-z]+)(\[\])?$/.exec(shape);
  return name === null ? `\`${shape}\`` : `[\`${shape}\`](#${name[1]!.toLowerCase()})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
