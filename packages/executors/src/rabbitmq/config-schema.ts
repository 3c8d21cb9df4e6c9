import { z } from 'zod';
import type { ConfigSchema } from '../kit/config-schema.ts';
import * as field from '../kit/fields.ts';

/** The keys of the `rabbitmq` executor. */
export const configSchema: ConfigSchema = z.strictObject({
  url: field
    .secret('address of the broker with its password, amqp://user:password@host:5672/vhost, or amqps:// for TLS')
    .min(1),
  'queue.name': field.filled('name of the queue, and the routing key'),
  exchange: field.text('exchange that takes the message; empty = the queue directly').optional(),
  'queue.create': field.text('anything but false = the queue is declared first').optional(),
  'queue.durable': field.flag('true = the declared queue outlives the broker').optional(),
  'queue.auto_delete': field.flag('true = the declared queue goes with its last consumer').optional(),
  'queue.exclusive': field.flag('true = the declared queue goes with the connection of this attempt').optional(),
  'message.body': field.text('the message').optional(),
  'message.base64Body': field.base64('the message in base64, instead of message.body').optional(),
  'message.content_type': field.text('type of the message, text/plain by default').optional(),
  'message.messageId': field.text('id of the message').optional(),
  'message.delivery_mode': field.whole('0 to 255, 0 by default; 2 = the message outlives the broker').optional(),
  'message.mandatory': field
    .flag('true = a message that reaches no queue is a failure; the default without an exchange')
    .optional(),
  timeout: field.whole('seconds for the whole, 30 by default, 0 = no limit').optional(),
  ...field.tlsFiles,
});
