import { NANOS_PER_MILLISECOND, ZERO_TIME } from '@dkron/runtime';
import type { Execution } from './execution.ts';
import { ordered, writeGoJson, type GoJson, type GoObject, type WriteOptions } from './go-json.ts';
import { timeText } from './go-time.ts';
import { decodeUtf8 } from './utf8.ts';

/** What an execution's JSON holds beside its record. */
export interface ExecutionJsonOptions extends WriteOptions {
  /** Left out when empty. Bytes that are no UTF-8 become U+FFFD. */
  readonly output?: Uint8Array | string;
  /** Present only in the original's list of a job's executions. */
  readonly outputTruncated?: boolean;
  /** Zone of `started_at` and `finished_at`. Default UTC. */
  readonly zone?: string;
}

type Member = readonly [key: string, value: GoJson];

function durationMs(execution: Execution): Member[] {
  const { startedAt, finishedAt } = execution;
  if (startedAt === ZERO_TIME || finishedAt === ZERO_TIME) return [];
  return [['duration_ms', (finishedAt - startedAt) / NANOS_PER_MILLISECOND]];
}

/** An execution as a value: the original's keys in its order, then ours; those without a value are left out. */
export function executionValue(execution: Execution, options: ExecutionJsonOptions = {}): GoObject {
  const output = typeof options.output === 'object' ? decodeUtf8(options.output) : (options.output ?? '');
  const optional = (key: string, value: string): Member[] => (value === '' ? [] : [[key, value]]);
  return ordered(
    ...optional('id', execution.id),
    ...optional('job_name', execution.jobName),
    ['started_at', timeText(execution.startedAt, options.zone)],
    ['finished_at', timeText(execution.finishedAt, options.zone)],
    ['success', execution.state === 'success'],
    ...optional('output', output),
    ...optional('node_name', execution.nodeName),
    ...(execution.group === 0n ? [] : [['group', execution.group] as const]),
    ...(execution.attempt === 0 ? [] : [['attempt', execution.attempt] as const]),
    ...(options.outputTruncated === undefined ? [] : [['output_truncated', options.outputTruncated] as const]),
    ['state', execution.state],
    ['trigger', execution.trigger],
    ...(execution.tick === null ? [] : [['tick', timeText(execution.tick)] as const]),
    ...(execution.reason === null ? [] : [['reason', execution.reason] as const]),
    ...(execution.exitCode === null ? [] : [['exit_code', execution.exitCode] as const]),
    ...durationMs(execution),
  );
}

/** The text of {@link executionValue}. */
export function executionToJson(execution: Execution, options: ExecutionJsonOptions = {}): string {
  return writeGoJson(executionValue(execution, options), options);
}
