/** Every code of the error form, with what it means. The one table that the document and the reference show. */
export const ERROR_CODES = {
  invalid_json: 'the body is no JSON',
  invalid_value: 'a value of the wrong type or out of range',
  unknown_zone: 'no time zone of that name',
  invalid_schedule: 'the schedule cannot be read; `column` says where',
  parent_not_found: 'the parent job is not stored',
  parent_cycle: 'the job would depend on itself',
  has_children: 'other jobs depend on the job',
  not_found: 'no such job or execution',
  disabled: 'the job is disabled',
  no_targets: 'no node matches the tags of the job',
  forbidden_overlap: 'a run of the job is open and was to be respected',
  already_finished: 'the execution has ended',
  not_supported: 'the node or server cannot do this now',
  precondition_failed: 'the job is not the one that If-Match or If-None-Match names',
  paused: 'new jobs are refused for now',
  no_leader: 'no server leads',
  too_large: 'the body is larger than max-body-size',
  origin_not_allowed: 'a page of another origin may not write; see cors-origins',
  method_not_allowed: 'the path has other methods; see Allow',
  unsupported_media_type: 'the body is not of a type that is taken',
  internal: 'the server is at fault; its log says how',
} as const;

/** Codes of the one error form. */
export type ApiErrorCode = keyof typeof ERROR_CODES;

export const API_ERROR_CODES = Object.keys(ERROR_CODES) as [ApiErrorCode, ...ApiErrorCode[]];
