/**
 * Base of every expected failure. `code` is from a closed set per package, so callers switch on it and never on
 * text; `details` is plain data for logs and API answers.
 */
export abstract class DkronError<
  Code extends string = string,
  Details extends object = Record<string, unknown>,
> extends Error {
  readonly code: Code;
  readonly details: Details;

  constructor(code: Code, message: string, details: Details, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** What to tell of something thrown: its message, or itself as text where it is no Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
