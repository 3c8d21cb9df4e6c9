import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

const HEADERS = 'JSON list of texts "name: value", or JSON object of texts';

/** The keys of the `grpc` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  url: z
    .string()
    .regex(/^[^/]+\/[^/]+\/[^/]+$/)
    .meta({ description: 'host:port/package.Service/Method' }),
  body: field.text('request in JSON; several, one after another, for methods that take a stream').optional(),
  headers: field.headers(HEADERS).meta({ description: HEADERS, writeOnly: true }).optional(),
  timeout: field.whole('seconds for the whole, 30 by default, 0 = no limit').optional(),
  expectCode: field.whole('number of the status that is a success, 0 by default').optional(),
  tlsEnable: field.flag('true = encrypted').optional(),
  ...field.tlsFiles,
});
