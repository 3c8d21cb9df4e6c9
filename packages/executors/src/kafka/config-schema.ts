import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

/** The keys of the `kafka` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  brokerAddress: field.filled('addresses of brokers as host:port, separated by commas'),
  topic: field.filled('topic the message goes to'),
  key: field.text('key of the message; it decides the partition').optional(),
  message: field.text('the message').optional(),
  headers: field.headers('JSON list of texts "Name: value", or JSON object of texts').optional(),
  idempotent: field
    .flag('false = without a producer id; a message that is sent again may then be there twice')
    .optional(),
  timeout: field.whole('seconds for the whole, 30 by default, 0 = no limit').optional(),
  tlsEnable: field.text('true = encrypted').optional(),
  tlsInsecureSkipVerify: field.text('true = the certificate of the broker is not checked').optional(),
  ...field.tlsFiles,
  saslUsername: field.text('user').optional(),
  saslPassword: field.secret('password of the user').optional(),
  saslMechanism: field.choice(['sha256', 'sha512', 'plain'], 'sha256, sha512 (SCRAM) or plain').optional(),
  debug: field.text('anything but nothing = partition and offset in the output').optional(),
});
