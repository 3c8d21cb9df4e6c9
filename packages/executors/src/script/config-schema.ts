import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';
import { configSchema as shell } from '../shell/config-schema.ts';

const { cwd, su, timeout, mem_limit, payload } = shell.shape as Record<string, z.ZodType>;

/** The keys of the `script` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  script: field.filled('text of the script'),
  interpreter: field.text('program that reads it, with arguments; by default its #! line, or /bin/sh').optional(),
  args: field.json('JSON list of texts: arguments of the script', z.array(z.string())).optional(),
  env: field.json('JSON object of texts: variables of the environment', z.record(z.string(), z.string())).optional(),
  ...({ cwd, su, timeout, mem_limit, payload } as Record<string, z.ZodType>),
});
