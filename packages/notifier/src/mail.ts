import type { Notice } from '@dkron/jobs';
import { idempotencyKeyOf } from '@dkron/jobs';
import { createTransport } from 'nodemailer';
import type { ContentModules } from './content.ts';
import { contentOf, renderPayload } from './content.ts';
import { DeliveryError } from './errors.ts';
import type { Deliver } from './ports.ts';
import type { NotifierSettings } from './settings.ts';

/** Connections to the mail server that are kept. */
const CONNECTIONS_MAX = 4;

export interface MailDelivery {
  readonly deliver: Deliver;
  close(): void;
}

export interface MailOptions {
  readonly settings: NotifierSettings['mail'];
  /** Of one step of the talk with the server. */
  readonly timeoutMs: number;
}

/** Sends mails over a pool of connections; encrypted by STARTTLS where the server offers it, authenticated by PLAIN. */
export function mailDelivery({ settings, timeoutMs }: MailOptions, modules: ContentModules): MailDelivery {
  const { host, port, username: user, password: pass, from, payload, subjectPrefix } = settings;
  const transport = createTransport({
    pool: true,
    maxConnections: CONNECTIONS_MAX,
    host,
    port,
    secure: port === 465,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    // A password goes over an open line to this machine only.
    ...(user !== '' && pass !== '' ? { auth: { user, pass }, authMethod: 'PLAIN', requireTLS: !isLocal(host) } : {}),
  });
  const deliver: Deliver = async (notice, signal) => {
    const { data, output } = contentOf(notice, modules);
    const text = payload === '' ? output : renderPayload(payload, data);
    const message = {
      from,
      to: addressesOf(notice.recipient),
      subject: subjectOf(subjectPrefix, notice),
      text,
      messageId: messageIdOf(notice, from),
      headers: { 'X-Idempotency-Key': encodeURI(idempotencyKeyOf(notice)) },
    };
    await settledBy(transport.sendMail(message), signal).catch((error: unknown) => {
      throw mailError(host, error);
    });
  };
  return { deliver, close: () => transport.close() };
}

/** No blank after the prefix, as in the original. */
export function subjectOf(prefix: string, { execution: { state, jobName } }: Pick<Notice, 'execution'>): string {
  return `${prefix}${state === 'success' ? 'Success' : 'Failed'} ${jobName} execution report`;
}

/** The same for every try, so that mail servers and readers know a repetition. */
export function messageIdOf(notice: Pick<Notice, 'id' | 'event' | 'execution'>, from: string): string {
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'dkron.invalid';
  return `<${idempotencyKeyOf(notice).replaceAll(/[^\w.-]/g, '.')}@${domain}>`;
}

/** Several addresses may be given, with commas between them. */
export function addressesOf(recipient: string): string[] {
  return recipient
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

async function settledBy<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** An answer of 5xx to a sender, a recipient or a message is about that message. */
function mailError(host: string, error: unknown): DeliveryError {
  const {
    code = '',
    responseCode,
    command = '',
    message,
  } = error as Error & {
    readonly code?: string;
    readonly responseCode?: number;
    readonly command?: string;
  };
  const isRefused = (code === 'EENVELOPE' || code === 'EMESSAGE') && (responseCode ?? 500) >= 500;
  const said = responseCode === undefined ? code || message : `answered ${responseCode}`;
  const at = command === '' ? '' : ` at ${command}`;
  const text = `${host}: ${said}${at}`;
  return new DeliveryError(isRefused ? 'refused' : 'unavailable', text, { host }, { cause: error });
}
