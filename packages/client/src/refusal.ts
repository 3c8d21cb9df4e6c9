import { DkronApiError, type DkronErrorCode } from './errors.ts';
import type { Problem } from './gen/api.ts';
import { decodeJson, type JsonValue } from './json.ts';

/** What a refused request is told. */
export interface Refused {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const TEXT_MAX = 1_000;

/** The error of an answer that tells no success: of the API's form, of its plain text, or of none. */
export function refusal(request: string, { status, headers, text }: Refused): DkronApiError {
  const body = objectOf(text);
  const member = (key: string): string | undefined => (typeof body?.[key] === 'string' ? body[key] : undefined);
  const plain = body === undefined ? text.trim().slice(0, TEXT_MAX) : '';
  return new DkronApiError({
    status,
    code: (member('code') as DkronErrorCode | undefined) ?? 'unknown',
    message: member('error') ?? (plain === '' ? `${request} was answered ${status}` : plain),
    field: member('field') ?? '',
    value: member('value'),
    allowed: member('allowed'),
    problems: Array.isArray(body?.['problems']) ? (body['problems'] as unknown as readonly Problem[]) : [],
    requestId: headers.get('x-request-id') ?? undefined,
  });
}

function objectOf(text: string): Readonly<Record<string, JsonValue>> | undefined {
  try {
    const value = decodeJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Failure {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly errors?: unknown;
}

/** Where a request can fail before anything of it is sent. Browsers do not tell. */
const BEFORE_SENDING: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo']);

/** True when the server certainly got nothing of the request. */
export function neverSent(thrown: unknown): boolean {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  if (typeof cause !== 'object' || cause === null) return false;
  const { code, syscall, errors }: Failure = cause;
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverSent);
  return BEFORE_SENDING.has(syscall) || code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** Why there was no answer, in words: what `fetch` throws hides it in its cause. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const inner = thrown.cause;
  if (!(inner instanceof Error)) return thrown.message;
  if (inner.message !== '') return inner.message;
  const { code } = inner as Failure;
  return typeof code === 'string' ? code : inner.name;
}
