import type { ApiErrorInit } from './api-error.ts';

interface OriginalAnswer {
  readonly methods: readonly string[];
  readonly path: RegExp;
  readonly status: number;
  readonly plain: string;
}

const NO_ADDRESS = 'failed to exit idle mode: failed to start resolver: passthrough: received empty target in Build()';

/** What the original answers to writes while no server leads: its clients know these by heart. */
const ORIGINAL: readonly OriginalAnswer[] = [
  { methods: ['POST', 'PATCH'], path: /^\/v1\/jobs$/, status: 500, plain: NO_ADDRESS },
  { methods: ['PUT'], path: /^\/v1\/jobs\/[^/]+$/, status: 500, plain: NO_ADDRESS },
  { methods: ['POST', 'DELETE'], path: /^\/v1\/jobs\/[^/]+$/, status: 404, plain: '' },
  { methods: ['POST'], path: /^\/v1\/jobs\/[^/]+\/run$/, status: 404, plain: '' },
  { methods: ['POST'], path: /^\/v1\/jobs\/[^/]+\/toggle$/, status: 422, plain: '' },
  { methods: ['DELETE'], path: /^\/v1\/jobs\/[^/]+\/executions$/, status: 500, plain: '' },
];

/** The error with status and text of the original, where it has its own for want of a leader. */
export function withoutLeader(error: ApiErrorInit, method: string, path: string): ApiErrorInit {
  if (error.code !== 'no_leader') return error;
  const found = ORIGINAL.find((one) => one.methods.includes(method) && one.path.test(path));
  return found === undefined ? error : { ...error, status: found.status, plain: found.plain };
}
