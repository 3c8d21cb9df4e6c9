import type { Logger } from '@dkron/runtime';
import type { z } from 'zod';

/**
 * The configuration of an executor: a `z.strictObject` of the fields of `@dkron/executors/kit`. All values are text. What
 * makes a field required is the lack of `.optional()`.
 */
export type ConfigSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>, z.core.$strict>;

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  readonly key: string;
  readonly code: 'unknown' | 'missing' | 'invalid';
  /** As given; absent of secrets and of missing keys. */
  readonly value?: string;
  /** What the key means, or which keys there are. */
  readonly allowed: string;
}

type Config = Readonly<Record<string, string>>;

/** All that is wrong with a configuration, in the order of the schema, unknown keys last. */
export function checkConfig(schema: ConfigSchema, config: Config): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { fields, required } = keysOf(schema);
  for (const [key, type] of fields) {
    const value = Object.hasOwn(config, key) ? config[key] : undefined;
    if (value === undefined ? !required.has(key) : type.safeParse(value).success) continue;
    const { description: allowed = 'text' } = metaOf(type) as { description?: string };
    if (value === undefined) problems.push({ key, code: 'missing', allowed });
    else problems.push({ key, code: 'invalid', ...(!isSecret(type) && { value }), allowed });
  }
  const unknown = unknownKeys(schema, config);
  if (unknown.length === 0) return problems;
  const allowed = fields.map(([key]) => key).join(', ');
  for (const key of unknown) problems.push({ key, code: 'unknown', allowed });
  return problems;
}

/** Values of a configuration that nobody may see. */
export function secretsOf(schema: ConfigSchema, config: Config): string[] {
  return keysOf(schema).secret.flatMap((key) => config[key] || []);
}

interface SchemaKeys {
  /** Of the shape, in its order. */
  readonly fields: readonly (readonly [key: string, type: z.ZodType])[];
  /** That a configuration must have. */
  readonly required: ReadonlySet<string>;
  readonly secret: readonly string[];
}

/** Asked for by each create, replace and attempt. */
const knownKeys = new WeakMap<ConfigSchema, SchemaKeys>();

function keysOf(schema: ConfigSchema): SchemaKeys {
  let keys = knownKeys.get(schema);
  if (keys === undefined) {
    const fields = Object.entries(schema.shape);
    const which = (is: (type: z.ZodType) => boolean): string[] =>
      fields.flatMap(([key, type]) => (is(type) ? [key] : []));
    keys = { fields, required: new Set(which((type) => !type.safeParse(undefined).success)), secret: which(isSecret) };
    knownKeys.set(schema, keys);
  }
  return keys;
}

/** Names keys that mean nothing in the node's log; their values may be secrets. */
export function warnOfUnknownKeys(schema: ConfigSchema, config: Config, logger: Logger): void {
  const keys = unknownKeys(schema, config);
  if (keys.length > 0) logger.warn('keys of the configuration are not known and ignored', { keys });
}

function unknownKeys({ shape }: ConfigSchema, config: Config): string[] {
  return Object.keys(config).filter((key) => !Object.hasOwn(shape, key));
}

function isSecret(type: z.ZodType): boolean {
  return metaOf(type)['writeOnly'] === true;
}

/** Optional fields say nothing of themselves: their inner type does. */
function metaOf(type: z.ZodType): Readonly<Record<string, unknown>> {
  const { innerType } = type.def as { readonly innerType?: z.ZodType };
  return { ...(innerType && metaOf(innerType)), ...type.meta() };
}
