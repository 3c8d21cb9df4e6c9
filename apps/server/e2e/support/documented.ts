import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import type { DocumentedAnswer, Operation } from '../../src/http/openapi/document.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { routedTarget } from '../../src/http/request-target.ts';
import { VERSION } from '../../src/version.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const KEY = 'api';
/** What is answered before a route is found. */
const UNROUTED: ReadonlySet<string> = new Set(['404 page not found', '400 Bad Request']);

/** Answered before a route is found, too. */
const EXPECTATION_FAILED = 417;

export interface SeenAnswer {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly text: string;
}

const document = openApiDocument(VERSION);
const routes = Object.entries(document.paths).map(([path, methods]) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  methods: methods as Readonly<Record<string, Operation>>,
}));
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': TIME, int64: true } });
ajv.addSchema(document, KEY);
const compiled = new Map<string, ValidateFunction>();

/** What an answer has that the description of the API does not allow; undefined = nothing. */
export function departure(seen: SeenAnswer): string | undefined {
  const { status, text, contentType = '' } = seen;
  if (status === 0 || status === EXPECTATION_FAILED || UNROUTED.has(text) || !isDecodable(seen.path)) return undefined;
  const method = seen.method.toLowerCase();
  const path = routedTarget(seen.path).split('?', 1)[0]!;
  const route = routes.find(({ pattern, methods }) => pattern.test(path) && method in methods);
  if (route === undefined) return undefined;
  const answer = route.methods[method]!.responses[String(status)];
  if (answer === undefined) return `status ${status} is not described`;
  if (text === '') return undefined;
  const sent = contentType.split(';', 1)[0]!;
  // Texts with bytes that no text has are sent as bytes.
  const type = sent in (answer.content ?? {}) ? sent : sent.replace('application/octet-stream', 'text/plain');
  return bodyDeparture(answer, type, text, [route.path, method, String(status)]);
}

/** A path with a malformed escape is answered before a route is found. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path.split('?', 1)[0]!);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error when the answer is not as described */
export function assertDocumented(seen: SeenAnswer): void {
  const found = departure(seen);
  if (found === undefined) return;
  throw new Error(
    `${seen.method} ${seen.path} → ${seen.status} is not as described: ${found}\n${seen.text.slice(0, 300)}`,
  );
}

function bodyDeparture(
  { content = {} }: DocumentedAnswer,
  type: string,
  text: string,
  [path, method, status]: readonly [string, string, string],
): string | undefined {
  if ('*/*' in content) return undefined;
  if (!(type in content)) return `content type ${type} is not described`;
  if (type !== 'application/json') return undefined;
  const validate = validatorOf(['paths', path, method, 'responses', status, 'content', type, 'schema']);
  return validate(JSON.parse(text)) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
}

function validatorOf(at: readonly string[]): ValidateFunction {
  const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
  const known = compiled.get(pointer);
  if (known !== undefined) return known;
  const validate = ajv.compile({ $ref: `${KEY}#/${pointer}` });
  compiled.set(pointer, validate);
  return validate;
}
