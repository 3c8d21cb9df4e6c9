import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

/** The keys of the `gcppubsub` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  project: field.filled('id of the project'),
  topic: field.filled('id of the topic'),
  data: field.base64('the message in base64; this or attributes').optional(),
  attributes: field.json('JSON object of texts', z.record(z.string(), z.string())).optional(),
  orderingKey: field.text('messages of one key are delivered in the order they were sent').optional(),
  timeout: field.whole('seconds for the whole, 15 by default, 0 = no limit').optional(),
});
