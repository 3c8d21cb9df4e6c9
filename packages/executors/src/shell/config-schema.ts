import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';
import { parseMemorySize } from './memory-size.ts';

/** The keys of the `shell` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  command: field.text('command line').optional(),
  shell: field.flag('true = the command line is run by the shell of the system').optional(),
  env: field.text('variables of the environment as K=V,K2=V2').optional(),
  cwd: field.text('working directory').optional(),
  su: field.text('user, or user:group, to run as').optional(),
  timeout: field.duration('longest run time, such as 1m30s').optional(),
  mem_limit: z
    .string()
    .refine((value) => value === '' || isMemorySize(value))
    .meta({ description: 'most memory, bytes or a number with K, M, G or T' })
    .optional(),
  payload: field.base64('standard input in base64').optional(),
});

function isMemorySize(text: string): boolean {
  try {
    parseMemorySize(text);
    return true;
  } catch {
    return false;
  }
}
