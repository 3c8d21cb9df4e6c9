import { z } from 'zod';
import { parseDurationMs } from '../durations.ts';

/*
 * Fields of a configuration. Every value is text, as in a job's `executor_config`; the description says what it means, and
 * patterns are plain enough for any reader of JSON Schema.
 */

/** Any text. */
export const text = (description: string): z.ZodString => z.string().meta({ description });

/** Text that must not be empty. */
export const filled = (description: string): z.ZodString => z.string().min(1).meta({ description });

/** Text that no output, error or log may show. */
export const secret = (description: string): z.ZodString => z.string().meta({ description, writeOnly: true });

/** One of the words for yes and no that the original reads; empty = no. */
export const flag = (description: string): z.ZodString =>
  z
    .string()
    .regex(/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)?$/)
    .meta({ description });

/** One of a few words. */
export const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  description: string,
): z.ZodType<string, string> => z.enum(words).meta({ description });

/** A whole number from 0 up. */
export const whole = (description: string): z.ZodString =>
  z
    .string()
    .regex(/^[0-9]{1,9}$/)
    .meta({ description });

/** A duration as `1m30s` or `250ms`; empty = none. */
export const duration = (description: string): z.ZodString =>
  z
    .string()
    .refine((value) => value === '' || parseDurationMs(value) !== undefined)
    .meta({ description });

/** Bytes in base64, standard alphabet, padded. */
export const base64 = (description: string): z.ZodString =>
  z
    .string()
    .regex(/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/)
    .meta({ description });

/** JSON of a certain form; empty = absent. */
export const json = (description: string, form: z.ZodType = z.unknown()): z.ZodString =>
  z
    .string()
    .refine((value) => value === '' || form.safeParse(parsed(value)).success, { error: description })
    .meta({ description, contentMediaType: 'application/json' });

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Names and values as `readHeaders` takes them. */
export const headers = (description: string): z.ZodString =>
  json(description, z.union([z.array(z.string().regex(/^\s*[^:\s][^:]*:/)), z.record(z.string(), z.string())]));

/** The keys that `readTlsFiles` reads. */
export const tlsFiles = {
  tlsRootCAsFile: text('path of the certificates to trust (PEM) instead of those of the system').optional(),
  tlsCertificateFile: text('path of the client certificate (PEM) on the node that runs the job').optional(),
  tlsCertificateKeyFile: text('path of the key of the client certificate (PEM)').optional(),
  tlsNoVerifyPeer: flag('true = the certificate of the server is not checked').optional(),
};
