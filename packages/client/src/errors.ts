import type { Problem } from './gen/api.ts';

/** Codes of the API, and those of the client: no answer, no answer in time, an answer that is none of this API. */
export type DkronErrorCode = Problem['code'] | 'unreachable' | 'timeout' | 'invalid_answer' | 'unknown';

/** What an error is made of. */
export interface DkronApiErrorInit {
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  /** `unknown` when the server names none. */
  readonly code: DkronErrorCode;
  readonly message: string;
  /** Path of the refused value, query key or header; `''` = none. */
  readonly field?: string;
  /** As the server shows it: at most 200 characters, no secrets. */
  readonly value?: string | undefined;
  readonly allowed?: string | undefined;
  /** All findings. */
  readonly problems?: readonly Problem[];
  /** `X-Request-Id` of the answer: names the request in the server's log. */
  readonly requestId?: string | undefined;
  readonly maybeDone?: boolean;
  readonly cause?: unknown;
}

/** A request that the server refused, or that got no answer (status 0). */
export class DkronApiError extends Error {
  readonly status: number;
  readonly code: DkronErrorCode;
  readonly field: string;
  readonly value: string | undefined;
  readonly allowed: string | undefined;
  readonly problems: readonly Problem[];
  readonly requestId: string | undefined;
  /** The request was sent and could change something, and its answer is missing: it may have been done all the same. */
  readonly maybeDone: boolean;

  constructor(init: DkronApiErrorInit) {
    super(init.message, init.cause === undefined ? {} : { cause: init.cause });
    this.name = 'DkronApiError';
    this.status = init.status;
    this.code = init.code;
    this.field = init.field ?? '';
    this.value = init.value;
    this.allowed = init.allowed;
    this.problems = init.problems ?? [];
    this.requestId = init.requestId;
    this.maybeDone = init.maybeDone ?? false;
  }
}
