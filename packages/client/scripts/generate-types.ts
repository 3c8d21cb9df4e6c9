/**
 * Writes src/gen/api.ts: the schemas of the OpenAPI document as TypeScript types, and every route with its query, body
 * and answers. With `--check` it only says whether the file is what it would write. The document is made by the server's
 * sources, so no server has to run.
 */
import { readFile, writeFile } from 'node:fs/promises';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const TARGET = new URL('../src/gen/api.ts', import.meta.url);
const SOURCE = new URL('../../../apps/server/src/http/openapi/document.ts', import.meta.url);

/** Integers that are nanoseconds: bigint whatever their size, as `decodeAnswer` reads them. */
const BIG_KEYS = new Set(['group']);

/** Query key that every route has, and that a program has no use for: blanks in the JSON. */
const LAYOUT = 'pretty';

/** What is sent may be a number or a text too; what is read is exactly one of them. */
type Side = 'read' | 'sent';

function typeOf(schema: Schema, side: Side, key = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => typeOf(one, side, key)).join(' | ');
  if (Array.isArray(schema.type)) {
    return schema.type.map((type: string) => typeOf({ ...schema, type }, side, key)).join(' | ');
  }
  switch (schema.type) {
    case 'integer':
      return integer(schema, side, key);
    case 'number':
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'array':
      return `readonly ${inBrackets(typeOf(schema.items ?? {}, side))}[]`;
    case 'object':
      return objectType(schema, side);
    default:
      return 'unknown';
  }
}

function integer({ format }: Schema, side: Side, key: string): string {
  if (format !== 'int64') return 'number';
  if (side === 'sent') return 'number | bigint';
  return BIG_KEYS.has(key) ? 'bigint' : 'number | bigint';
}

function inBrackets(type: string): string {
  return type.includes(' ') ? `(${type})` : type;
}

function objectType(schema: Schema, side: Side): string {
  if (schema.properties !== undefined) return `{ ${members(schema, side).join(' ')} }`;
  const others = schema.additionalProperties;
  const value = typeof others === 'object' ? typeOf(others, side) : 'unknown';
  return `Readonly<Record<string, ${value}>>`;
}

/** Unknown further keys, which some objects may have, are not shown: a misspelt key shall not pass. */
function members({ properties = {}, required = [] }: Schema, side: Side): string[] {
  return Object.entries(properties).map(([key, schema]) => {
    const needed = required.includes(key);
    const type = typeOf(schema, side, key);
    // Who sends may build an object with keys that are undefined; an answer has none.
    const shown = needed || side === 'read' ? type : `${type} | undefined`;
    return `${comment(schema.description)}readonly ${name(key)}${needed ? '' : '?'}: ${shown};`;
  });
}

function name(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : JSON.stringify(key);
}

function comment(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `/** ${text.replaceAll('*/', '* /')} */\n`;
}

function componentType(id: string, schema: Schema): string {
  const side = id.endsWith('Input') ? 'sent' : 'read';
  return `${comment(schema.description)}export interface ${id} {\n${members(schema, side).join('\n')}\n}\n`;
}

/** A key such as `metadata[key]` stands for any key in the brackets. */
function queryMember({ name: key, required, description, schema }: Parameter): string {
  const type = typeOf(schema, 'sent', key);
  const many = description?.startsWith('Repeatable') === true ? `${type} | readonly (${type})[]` : type;
  const prefix = /^(\w+)\[\w+\]$/.exec(key)?.[1];
  if (prefix !== undefined)
    return `${comment(description)}readonly [key: \`${prefix}[\${string}]\`]: ${many} | undefined;`;
  return `${comment(description)}readonly ${name(key)}${required ? '' : '?'}: ${many}${required ? '' : ' | undefined'};`;
}

function routeType(route: string, operation: Operation): string {
  const parameters = operation.parameters ?? [];
  const path = parameters.filter((one) => one.in === 'path').map((one) => `readonly ${one.name}: string;`);
  const query = parameters.filter((one) => one.in === 'query' && one.name !== LAYOUT).map(queryMember);
  const body = Object.entries(operation.requestBody?.content ?? {});
  const answers = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'));
  return [
    `${comment(operation.summary)}'${route}': {`,
    ...(path.length === 0 ? [] : [`readonly path: { ${path.join(' ')} };`]),
    query.length === 0
      ? 'readonly query: Readonly<Record<string, never>>;'
      : `readonly query: {\n${query.join('\n')}\n};`,
    ...(body.length === 0
      ? []
      : [`readonly body: ${body.map(([type, one]) => bodyType(type, one.schema)).join(' | ')};`]),
    `readonly answers: {`,
    ...answers.map(([status, { content }]) => `readonly ${status}: ${answerType(content)};`),
    '};',
    '};',
  ].join('\n');
}

function bodyType(type: string, schema: Schema): string {
  if (type === 'application/octet-stream') return 'Blob';
  return type === 'application/json' ? typeOf(schema, 'sent') : 'FormData';
}

function answerType(content: Content = {}): string {
  const json = content['application/json'];
  return json === undefined ? 'string' : typeOf(json.schema, 'read');
}

function indented(text: string): string {
  let depth = 0;
  return text
    .split('\n')
    .map((line) => {
      if (line.startsWith('}')) depth -= 1;
      const shown = line === '' ? '' : '  '.repeat(depth) + line;
      if (line.endsWith('{')) depth += 1;
      return shown;
    })
    .join('\n');
}

function fileOf({ paths, components }: Document): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => routeType(`${method.toUpperCase()} ${path}`, operation)),
  );
  const parts = [
    '// Made of the OpenAPI document by `pnpm --filter @dkron/client run generate:types`; changes here are lost.\n',
    ...Object.entries(components.schemas).map(([id, schema]) => componentType(id, schema)),
    `/** Every method of every path: what it is asked, and what it answers when it succeeds. */\nexport interface Routes {\n${routes.join('\n')}\n}\n`,
  ];
  return indented(parts.join('\n'));
}

const { openApiDocument } = (await import(SOURCE.href)) as { openApiDocument: (version: string) => Document };
const made = fileOf(openApiDocument(''));
if (process.argv.includes('--check')) {
  const stored = await readFile(TARGET, 'utf8').catch(() => '');
  if (stored !== made) {
    console.error('packages/client/src/gen/api.ts is stale: run pnpm --filter @dkron/client run generate:types');
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, made);
}
