import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

/** The keys of the `nats` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  url: field.filled(
    'addresses of the servers, separated by commas; nats://user:password@host:4222 and nats://token@host:4222 sign in, tls:// encrypts',
  ),
  subject: field.filled('subject the message goes to'),
  message: field.text('the message').optional(),
  headers: field.headers('JSON list of texts "Name: value", or JSON object of texts').optional(),
  userName: field.text('user').optional(),
  password: field.secret('password of the user').optional(),
  token: field.secret('token, instead of a user').optional(),
  credentialsFile: field.text('path of a credentials file (JWT and key) on the node that runs the job').optional(),
  jetstream: field.flag('true = the message is stored by a stream, which confirms it').optional(),
  stream: field.text('name of the stream that must take it; implies jetstream').optional(),
  messageId: field.text('by it the stream refuses a message twice; the id of the execution by default').optional(),
  request: field.flag('true = a reply is awaited, and is the output').optional(),
  timeout: field.whole('seconds for the whole, 30 by default, 0 = no limit').optional(),
  tlsEnable: field.flag('true = only an encrypted connection will do').optional(),
  ...field.tlsFiles,
  debug: field.text('anything but nothing = the keys in use are logged').optional(),
});
