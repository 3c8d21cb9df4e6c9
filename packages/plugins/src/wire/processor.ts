import { PluginWireError } from './errors.ts';
import type { GobSchema, GobValue } from './gob/types.ts';

/** A moment: seconds since 1970 and nanoseconds. */
export interface PluginTimestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** A finished run, as processors know it. Their answer takes its place: what it leaves out is zero. */
export interface PluginExecution {
  readonly jobName: string;
  readonly success: boolean;
  readonly output: Uint8Array;
  readonly nodeName: string;
  /** Nanoseconds, more than a number can hold. */
  readonly group: bigint;
  readonly attempt: number;
  readonly startedAt?: PluginTimestamp;
  readonly finishedAt?: PluginTimestamp;
}

/** What `Plugin.Process` is called with. */
export interface ProcessorArgs {
  readonly execution: PluginExecution;
  /** The job's settings of this processor, and `reporting_node`. */
  readonly config: ReadonlyMap<string, string>;
}

type Fields = ReadonlyMap<GobValue, GobValue>;

const TIMESTAMP: GobSchema = {
  kind: 'struct',
  name: 'Timestamp',
  fields: [
    { name: 'Seconds', schema: { kind: 'int' } },
    { name: 'Nanos', schema: { kind: 'int' } },
  ],
};

/** Type of what `Plugin.Process` answers. */
export const EXECUTION_SCHEMA: GobSchema = {
  kind: 'struct',
  name: 'Execution',
  fields: [
    { name: 'JobName', schema: { kind: 'string' } },
    { name: 'Success', schema: { kind: 'bool' } },
    { name: 'Output', schema: { kind: 'bytes' } },
    { name: 'NodeName', schema: { kind: 'string' } },
    { name: 'Group', schema: { kind: 'int' } },
    { name: 'Attempt', schema: { kind: 'uint' } },
    { name: 'StartedAt', schema: TIMESTAMP },
    { name: 'FinishedAt', schema: TIMESTAMP },
  ],
};

/** Type of what `Plugin.Process` is called with. */
export const PROCESSOR_ARGS_SCHEMA: GobSchema = {
  kind: 'struct',
  name: 'ProcessorArgs',
  fields: [
    { name: 'Execution', schema: EXECUTION_SCHEMA },
    {
      name: 'Config',
      schema: { kind: 'map', name: 'Config', key: { kind: 'string' }, element: { kind: 'string' } },
    },
  ],
};

/** For `EXECUTION_SCHEMA`. */
export function executionToGob(execution: PluginExecution): GobValue {
  const { jobName, success, output, nodeName, group, attempt, startedAt, finishedAt } = execution;
  return new Map<GobValue, GobValue>([
    ['JobName', jobName],
    ['Success', success],
    ['Output', output],
    ['NodeName', nodeName],
    ['Group', group],
    ['Attempt', BigInt(attempt)],
    ...(startedAt ? [['StartedAt', timestampToGob(startedAt)] as const] : []),
    ...(finishedAt ? [['FinishedAt', timestampToGob(finishedAt)] as const] : []),
  ]);
}

/** For `PROCESSOR_ARGS_SCHEMA`. */
export function processorArgsToGob({ execution, config }: ProcessorArgs): GobValue {
  return new Map<GobValue, GobValue>([
    ['Execution', executionToGob(execution)],
    ['Config', config],
  ]);
}

/** Fields that are unknown are passed over. Throws `PluginWireError` `PLUGIN_RPC` naming a field of another kind. */
export function executionFromGob(value: GobValue): PluginExecution {
  const fields = fieldsOf(value, 'Execution');
  const startedAt = timestampOf(fields, 'StartedAt');
  const finishedAt = timestampOf(fields, 'FinishedAt');
  return {
    jobName: read(fields, 'JobName', '', isString),
    success: read(fields, 'Success', false, isBoolean),
    output: read(fields, 'Output', new Uint8Array(), isBytes),
    nodeName: read(fields, 'NodeName', '', isString),
    group: read(fields, 'Group', 0n, isBigint),
    attempt: Number(read(fields, 'Attempt', 0n, isUint32)),
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
  };
}

/** As `executionFromGob`. */
export function processorArgsFromGob(value: GobValue): ProcessorArgs {
  const fields = fieldsOf(value, 'ProcessorArgs');
  const config = fieldsOf(fields.get('Config') ?? new Map(), 'Config');
  for (const [key, text] of config) {
    if (typeof key !== 'string' || typeof text !== 'string') throw refusal('Config', 'text by text');
  }
  return {
    execution: executionFromGob(fields.get('Execution') ?? new Map()),
    config: config as ReadonlyMap<string, string>,
  };
}

function timestampToGob({ seconds, nanos }: PluginTimestamp): GobValue {
  return new Map<GobValue, GobValue>([
    ['Seconds', seconds],
    ['Nanos', BigInt(nanos)],
  ]);
}

function timestampOf(fields: Fields, name: string): PluginTimestamp | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const found = fieldsOf(value, name);
  return { seconds: read(found, 'Seconds', 0n, isBigint), nanos: Number(read(found, 'Nanos', 0n, isInt32)) };
}

function fieldsOf(value: GobValue, name: string): Fields {
  if (value instanceof Map) return value as Fields;
  throw refusal(name, 'a struct or map');
}

function read<T extends GobValue>(fields: Fields, name: string, zero: T, is: (value: GobValue) => value is T): T {
  const value = fields.get(name) ?? zero;
  if (is(value)) return value;
  throw refusal(name, `of the kind of ${typeof zero}, in its range`);
}

function refusal(field: string, allowed: string): PluginWireError {
  return new PluginWireError('PLUGIN_RPC', `${field} of a processed execution must be ${allowed}`, { field });
}

const isString = (value: GobValue): value is string => typeof value === 'string';
const isBoolean = (value: GobValue): value is boolean => typeof value === 'boolean';
const isBytes = (value: GobValue): value is Uint8Array => value instanceof Uint8Array;
const isBigint = (value: GobValue): value is bigint => typeof value === 'bigint';
const isUint32 = (value: GobValue): value is bigint => isBigint(value) && BigInt.asUintN(32, value) === value;
const isInt32 = (value: GobValue): value is bigint => isBigint(value) && BigInt.asIntN(32, value) === value;
