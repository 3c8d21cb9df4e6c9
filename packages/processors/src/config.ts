import { z } from 'zod';
import { ProcessorError } from './errors.ts';
import type { ProcessorConfig, ProcessorConfigSchema, ProcessorInput } from './types.ts';

const TRUE_TEXTS = ['1', 't', 'T', 'TRUE', 'true', 'True'];

/** A switch as Dkron reads it: whatever is not true is false. */
export function isTrue(text: string | undefined): boolean {
  return TRUE_TEXTS.includes(text ?? '');
}

/** A key that may be absent; an empty text counts as absent. */
export function optionalText(description: string): OptionalText {
  return z.string().meta({ description }).optional();
}

/** A key that must be there, and not empty. */
export function requiredText(description: string): z.ZodString {
  return z.string().min(1, 'is empty').meta({ description });
}

/** A key that must be there, and whose value must never be seen. */
export function requiredSecret(description: string): z.ZodString {
  return z.string().min(1, 'is empty').meta({ description, writeOnly: true });
}

/** A key whose value must never be seen. */
export function secretText(description: string): OptionalText {
  return z.string().meta({ description, writeOnly: true }).optional();
}

/** One of a few words; an empty text counts as absent. */
export function choice<const Words extends readonly string[]>(
  words: Words,
  description: string,
): z.ZodOptional<z.ZodType<Words[number] | '', string>> {
  return z
    .enum(['', ...words], `must be one of ${words.join(', ')}`)
    .meta({ description })
    .optional() as z.ZodOptional<z.ZodType<Words[number] | '', string>>;
}

type OptionalText = z.ZodOptional<z.ZodString>;

/** The key that all processors have. */
export const forwardKey = {
  forward: optionalText('true = the output stays as it was; else it is replaced by a fixed text'),
};

/** Which ends of a run are of interest. */
export const onKey = {
  on: choice(['all', 'failure', 'success'], 'which ends of a run are sent; all when absent'),
};

/** Whether a run ended as `onKey` asks for. */
export function isWanted(input: ProcessorInput, { on }: { readonly on?: string | undefined }): boolean {
  return on === 'failure' ? !input.success : on === 'success' ? input.success : true;
}

/** Values of the keys that must never be seen. */
export function secretsOf(schema: ProcessorConfigSchema, config: ProcessorConfig): string[] {
  return Object.entries(schema.shape).flatMap(([key, type]) => (isSecret(type) && config[key] ? [config[key]] : []));
}

/** Optional keys hand on what their inner type says of itself. */
function isSecret(type: z.ZodType): boolean {
  let at: z.ZodType | undefined = type;
  while (at !== undefined) {
    if (at.meta()?.['writeOnly'] === true) return true;
    at = (at.def as { innerType?: z.ZodType }).innerType;
  }
  return false;
}

/**
 * The keys that a schema knows; others are ignored, as ever. An empty text counts as an absent key.
 *
 * @throws ProcessorError `bad_config`, which names key and cause, never the value
 */
export function readConfig<S extends ProcessorConfigSchema>(schema: S, config: ProcessorConfig): z.output<S> {
  const result: Record<string, unknown> = {};
  for (const [key, type] of Object.entries(schema.shape)) {
    const value = (Object.hasOwn(config, key) && config[key]) || undefined;
    const read = type.safeParse(value);
    if (!read.success) throw badConfig(key, value === undefined ? 'is missing' : read.error.issues[0]!.message);
    if (read.data !== undefined) result[key] = read.data;
  }
  return result as z.output<S>;
}

/** @param cause what is wrong with the key, without its value */
export function badConfig(key: string, cause: string): ProcessorError {
  return new ProcessorError('bad_config', `${key}: ${cause}`, { key });
}

/** A whole number within limits, or what stands for an absent key. */
export function wholeNumber<T>(
  config: Readonly<Record<string, string | undefined>>,
  key: string,
  { from, to, absent }: { readonly from: number; readonly to: number; readonly absent: T },
): number | T {
  const text = config[key] ?? '';
  if (text === '') return absent;
  const value = /^[0-9]{1,12}$/.test(text) ? Number(text) : -1;
  if (value < from || value > to) throw badConfig(key, `must be a whole number from ${from} to ${to}`);
  return value;
}
