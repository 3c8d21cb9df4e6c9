import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { AttemptError } from '../kit/limited-attempt.ts';
import type { RabbitSettings } from './settings.ts';

/** Declares the queue when that is asked for, and sends the message; resolves when the broker says that it has it (G-E11). */
export async function send(connection: ChannelModel, settings: RabbitSettings, signal: AbortSignal): Promise<void> {
  const trouble = Promise.withResolvers<never>();
  // Whoever waits for it has its own error then.
  trouble.promise.catch(() => {});
  const broken = (cause?: Error): void => trouble.reject(lost(cause));
  connection.on('close', broken);
  let channel: ConfirmChannel | undefined;
  try {
    const opening = connection.createConfirmChannel();
    // A broken connection leaves it unanswered.
    channel = await Promise.race([opening, trouble.promise]);
    signal.throwIfAborted();
    channel.on('error', (cause: Error) => trouble.reject(refused(cause)));
    await Promise.race([declareAndPublish(channel, settings), trouble.promise]);
  } catch (error) {
    // What the broker says comes with the event, and more plainly than what its calls reject with.
    if (!(error instanceof AttemptError)) await Promise.race([trouble.promise, nextTurn()]);
    throw error instanceof AttemptError ? error : refused(error as Error);
  } finally {
    connection.off('close', broken);
    channel?.close().catch(() => {});
  }
}

async function declareAndPublish(channel: ConfirmChannel, settings: RabbitSettings): Promise<void> {
  const { queue, exchange, declared } = settings;
  if (declared) await channel.assertQueue(queue, declared);
  // An answer that the message went nowhere comes before its confirmation.
  let returned: string | undefined;
  channel.on('return', ({ fields }) => (returned = (fields as { readonly replyText?: string }).replyText ?? ''));
  await published(channel, settings);
  if (returned === undefined) return;
  const to = exchange === '' ? `there is no queue ${JSON.stringify(queue)}` : 'no queue took it';
  throw new AttemptError(`rabbitmq: the message was returned (${returned}): ${to}`, 'exit');
}

function published(channel: ConfirmChannel, settings: RabbitSettings): Promise<void> {
  const { queue, exchange, body, contentType, messageId, deliveryMode, mandatory } = settings;
  const options = {
    contentType,
    mandatory,
    // 0 is no mode that a broker knows: the original sends none then.
    ...(deliveryMode > 0 && { deliveryMode }),
    ...(messageId !== '' && { messageId }),
  };
  return new Promise((resolve, reject) => {
    channel.publish(exchange, queue, body, options, (error) => (error ? reject(error as Error) : resolve()));
  });
}

function lost(cause?: Error): AttemptError {
  const why = cause?.message ? `: ${cause.message}` : '';
  return new AttemptError(`rabbitmq: the connection was lost before the message was confirmed${why}`);
}

/** What the broker says, or what the system says of the connection. */
function refused(cause: NodeJS.ErrnoException): AttemptError {
  if (cause.syscall !== undefined || /^(connection|channel) (closed|ended)/i.test(cause.message)) return lost(cause);
  return new AttemptError(`rabbitmq: ${cause.message || cause.name}`, 'executor', { cause });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
