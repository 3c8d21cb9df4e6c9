import { messageOf } from '@dkron/runtime';
import type { DkronApiError } from '@dkron/client';

/** An end of the command: the message goes to the outputs, the number is the exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** A further line for standard error; `''` = none. */
  readonly hint: string;

  constructor(message: string, exitCode = 1, hint = '') {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Whether a server refused or did not answer. Told by the name: the client is loaded only by commands that need it. */
export function isRefusal(error: unknown): error is DkronApiError {
  return error instanceof Error && error.name === 'DkronApiError' && 'field' in error;
}

/** What a user is told of it. */
export function describeError(error: unknown): string {
  if (isRefusal(error) && error.field !== '') {
    return `${error.message} (${error.field}: expected ${error.allowed ?? 'another value'})`;
  }
  if (isRefusal(error) && error.maybeDone) return `${error.message}; it may have been done all the same`;
  return messageOf(error);
}
