import type { Json } from './json.ts';
import { isObject } from './json.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** What may stand where recordings differ from run to run. */
const SHAPES: Readonly<Record<string, (value: Json) => boolean>> = {
  any: () => true,
  string: (value) => typeof value === 'string',
  integer: (value) => typeof value === 'number' && Number.isInteger(value),
  time: (value) => typeof value === 'string' && TIME.test(value),
  uuid: (value) => typeof value === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value),
  'execution-id': (value) => typeof value === 'string' && /^\d{19}-./.test(value),
  nanoseconds: (value) => typeof value === 'bigint' && value > 2n ** 53n,
};

export function hasShape(value: Json, shape: string): boolean {
  const test = SHAPES[shape];
  if (!test) throw new Error(`shape ${shape} is not known`);
  return test(value);
}

type Keys = Readonly<Record<string, (value: Json) => boolean>>;

const oneOf =
  (...words: readonly string[]) =>
  (value: Json): boolean =>
    typeof value === 'string' && words.includes(value);

const EXECUTION_KEYS: Keys = {
  state: oneOf('running', 'success', 'failed', 'lost', 'cancelled'),
  trigger: oneOf('schedule', 'catchup', 'manual', 'create', 'parent'),
  tick: SHAPES['time']!,
  reason: oneOf('exit', 'timeout', 'executor', 'unreachable', 'lease', 'restart', 'cancelled'),
  exit_code: SHAPES['integer']!,
  duration_ms: SHAPES['integer']!,
};

/** Keys that an execution of ours has and the original's has not. A job has none while its settings are the original's. */
export function addedKeys(recorded: Json): Keys {
  return isObject(recorded) && 'started_at' in recorded && 'finished_at' in recorded ? EXECUTION_KEYS : {};
}

/** Headers of ours on the original's paths. */
export const ADDED_HEADERS: ReadonlySet<string> = new Set(['etag', 'warning', 'x-request-id']);
