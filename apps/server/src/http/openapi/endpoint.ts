import { z } from 'zod';
import { error } from '../schemas/error.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Answer {
  readonly description: string;
  /** By content type; a schema without zod is a plain text. Absent = no body. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: readonly AnswerHeader[];
}

export type AnswerHeader = 'ETag' | 'Location' | 'X-Total-Count' | 'Allow' | 'Warning';

export type RequestHeader = 'If-Match' | 'If-None-Match' | 'Idempotency-Key' | 'Last-Event-ID';

/** A method of a path, as documented. The document, the reference and the list of additive paths come from these. */
export interface Endpoint {
  readonly method: Method;
  /** With `{name}` for what varies. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** Not in the original: wrong methods are 405, errors are always JSON. */
  readonly additive?: boolean;
  /** Of the state that all servers share, so that `?consistent` means something. */
  readonly shared?: boolean;
  readonly query?: z.ZodObject;
  readonly requestHeaders?: readonly RequestHeader[];
  readonly body?: { readonly type: string; readonly schema: z.ZodType; readonly description: string };
  readonly answers: Readonly<Record<number, Answer>>;
}

export const TAGS = {
  Jobs: 'What to run, and when',
  Runs: 'Starting jobs',
  Executions: 'What has run, and what runs',
  Schedules: 'What a schedule means',
  Cluster: 'Who takes part, and who leads',
  Switches: 'Stopping and going on',
  Node: 'This server',
  Documentation: 'This description',
} as const;
export type Tag = keyof typeof TAGS;

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain';
const text = z.string();

export function json(schema: z.ZodType, description: string, ...headers: AnswerHeader[]): Answer {
  return { description, content: { [JSON_TYPE]: schema }, headers };
}

export function plain(description: string, type = TEXT_TYPE): Answer {
  return { description, content: { [type]: text } };
}

/** A page: the list, and how many there are in all. */
export function list(schema: z.ZodType, description: string): Answer {
  return json(z.array(schema), description, 'X-Total-Count');
}

/** An error of an additive path. */
export function refusal(description: string): Answer {
  return json(error, description);
}

/** An error of the original: its text, or the error form for who asks for `application/json`. */
export function refusalAsOriginal(description: string): Answer {
  return { description, content: { [JSON_TYPE]: error, [TEXT_TYPE]: text } };
}
