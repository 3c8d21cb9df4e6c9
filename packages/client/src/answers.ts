import { DkronApiError } from './errors.ts';
import { decodeJson } from './json.ts';
import type { Answer } from './transport.ts';

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are in all. */
  readonly total: number;
}

const TAGS = new WeakMap<object, string>();

/**
 * The ETag that came with a job: give it as `ifMatch` so that a change that somebody else made meanwhile is not lost.
 * Undefined for copies, and for jobs of a list.
 */
export function etagOf(job: object): string | undefined {
  return TAGS.get(job);
}

/**
 * The server is trusted to send what its API says; shapes are not checked again here.
 *
 * @throws DkronApiError when the answer is no JSON
 */
export function valueOf<T>(answer: Answer): T {
  const value = decoded(answer) as T;
  const tag = answer.headers.get('etag');
  if (tag !== null && typeof value === 'object' && value !== null) TAGS.set(value, tag);
  return value;
}

/** @throws DkronApiError when the answer is no list */
export function pageOf<T>(answer: Answer): Page<T> {
  const items = decoded(answer);
  if (!Array.isArray(items)) throw invalid(answer, 'the answer is no list');
  return { items: items as T[], total: Number(answer.headers.get('x-total-count') ?? items.length) };
}

/** What became of each job of a backup. The server answers a JSON text inside a JSON text, as the original does. */
export function restoredOf(answer: Answer): readonly RestoredJob[] {
  const text = decoded(answer);
  const lines = typeof text === 'string' ? decoded({ ...answer, text }) : undefined;
  if (!Array.isArray(lines)) throw invalid(answer, 'the answer is no list of lines');
  return lines.map((line) => {
    const [outcome = '', , name = ''] = String(line).split(' ');
    return { name, stored: outcome === 'success' };
  });
}

/** What became of one job of a restored file. */
export interface RestoredJob {
  readonly name: string;
  readonly stored: boolean;
}

function decoded(answer: Answer): unknown {
  try {
    return decodeJson(answer.text);
  } catch (cause) {
    throw invalid(answer, `the answer is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function invalid({ status, headers }: Answer, message: string, cause?: unknown): DkronApiError {
  const requestId = headers.get('x-request-id') ?? undefined;
  return new DkronApiError({ status, code: 'invalid_answer', message, requestId, cause });
}
