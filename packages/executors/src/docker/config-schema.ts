import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';
import { parseMemorySize } from '../shell/memory-size.ts';

const PULLS = ['', 'missing', 'always', 'never'] as const;

/** The keys of the `docker` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  image: field.filled('image to run, such as alpine:3'),
  command: field.text('words for the image, as a command line or as a JSON list of texts').optional(),
  entrypoint: field.text('program instead of that of the image, as a command line or as a JSON list').optional(),
  env: field.text('variables of the environment as K=V,K2=V2, or as a JSON object of texts').optional(),
  payload: field.base64('standard input in base64').optional(),
  cwd: field.text('working directory in the container').optional(),
  user: field.text('user, or user:group, in the container').optional(),
  volumes: field.text('list of source:path or source:path:ro, separated by commas').optional(),
  network: field.text('network of the engine; none = no network').optional(),
  readOnly: field.flag('true = the file system of the image cannot be written').optional(),
  memory: z
    .string()
    .refine(isMemorySize)
    .meta({ description: 'most memory, bytes or a number with K, M, G or T' })
    .optional(),
  cpus: z
    .string()
    .regex(/^([0-9]{1,5}(\.[0-9]{1,6})?)?$/)
    .meta({ description: 'most processors, such as 1.5' })
    .optional(),
  pids: field.whole('most processes at once').optional(),
  pull: field.choice(PULLS, 'missing (default), always or never: when the image is fetched').optional(),
  registryUser: field.text('user for fetching the image').optional(),
  registryPassword: field.secret('password of that user').optional(),
  timeout: field.duration('longest time for the whole, fetching included, such as 10m').optional(),
});

function isMemorySize(text: string): boolean {
  if (text === '') return true;
  try {
    parseMemorySize(text);
    return true;
  } catch {
    return false;
  }
}
