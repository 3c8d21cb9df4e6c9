/**
 * Texts with actions in double braces, as Go's `text/template` reads them: fields, methods of times, variables,
 * pipelines, conditions and the predefined functions. Pure.
 */
export { Template } from './template.ts';
export type { Data } from './template.ts';
export { TemplateError } from './errors.ts';
export type { TemplateErrorCode } from './errors.ts';
export { TemplateDuration, TemplateTime } from './time.ts';
export type { TemplateObject, Value } from './values.ts';
