import { DkronError } from '@dkron/runtime';

/** `syntax`: it is no template. `unsupported`: Go would take it, this does not. `execute`: it fails with these values. */
export type TemplateErrorCode = 'syntax' | 'unsupported' | 'execute';

/** Names the line and what is wrong there; never the values. */
export class TemplateError extends DkronError<TemplateErrorCode> {}

export function failAt(code: TemplateErrorCode, line: number, message: string): TemplateError {
  return new TemplateError(code, `line ${line}: ${message}`, { line });
}
