import { connect } from 'node:net';
import type { SendMailOptions, TransportOptions } from 'nodemailer';
import { z } from 'zod';
import {
  badConfig,
  choice,
  forwardKey,
  isTrue,
  isWanted,
  onKey,
  optionalText,
  requiredText,
  secretText,
  wholeNumber,
} from '../config.ts';
import { outputText } from '../facts.ts';
import { optionalPeer } from '../optional-peer.ts';
import type { SinkModules } from '../sink.ts';
import { SinkFailure, sinkProcessor } from '../sink.ts';
import type { Processor, ProcessorInput } from '../types.ts';

/** The node's mail server: for jobs that name no `host`, together with user and password. */
export interface EmailProcessorOptions {
  readonly host?: string;
  /** @default 25 */
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  /** Sender of mails of jobs that name none. */
  readonly from?: string;
}

/** Keys of `email`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  ...onKey,
  to: requiredText('receivers, separated by commas'),
  from: optionalText("sender; the node's mail-from when absent"),
  subject: optionalText('job, node and end of the run when absent'),
  attach: optionalText('true = the output is a file of the mail; else it is its text'),
  host: optionalText("mail server; the node's mail-host with its user and password when absent"),
  port: optionalText('port of that server; 25 when absent'),
  username: optionalText('user of that server'),
  password: secretText('password of that user'),
  tls: choice(
    ['auto', 'required', 'implicit', 'off'],
    'auto: STARTTLS where it is offered, and required before a password is sent; implicit: from the first byte; auto when absent, but implicit on port 465',
  ),
  tls_skip_verify: optionalText("true = the server's certificate is not looked at"),
});

type Settings = z.output<typeof configSchema>;

interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const DEFAULT_PORT = 25;
const IMPLICIT_PORT = 465;
const LOOPBACK = /^(localhost|127\.[0-9.]+|::1)$/;
const NEVER_PASSES = ['EAUTH', 'EENVELOPE', 'EMESSAGE', 'ETLS', 'ENOAUTH'];

/** Mails each output. The Message-ID is that of the execution, by which receivers know a repetition. */
export function emailProcessor(options: EmailProcessorOptions = {}, modules: SinkModules = {}): Processor {
  const nodemailer = optionalPeer('nodemailer', () => import('nodemailer'));
  return sinkProcessor(
    {
      name: 'email',
      configSchema,
      replacement: 'Output sent by email',
      secrets: options.password ? [options.password] : [],
      wants: isWanted,
      send: async (input, config, { signal }) => {
        const server = serverOf(config, options);
        const message = mailOf(input, config, options);
        const { createTransport } = await nodemailer();
        const transport = createTransport(transportOf(server, config, signal));
        try {
          await transport.sendMail(message);
        } catch (error) {
          throw new SinkFailure(`mail server ${server.host}:${server.port}`, { cause: error, passing: mayPass(error) });
        } finally {
          transport.close();
        }
      },
    },
    modules,
  );
}

function serverOf(config: Settings, node: EmailProcessorOptions): MailServer {
  if (config.host === undefined) {
    const { host, port = DEFAULT_PORT, username = '', password = '' } = node;
    if (!host) throw badConfig('host', 'is missing, and the node has no mail-host');
    if (username !== '') requireCare(config);
    return { host, port, username, password };
  }
  const port = wholeNumber(config, 'port', { from: 1, to: 65_535, absent: DEFAULT_PORT });
  return { host: config.host, port, username: config.username ?? '', password: config.password ?? '' };
}

/** A job must not have the password of the node sent in the clear, or to whoever answers. */
function requireCare(config: Settings): void {
  if (config.tls === 'off') throw badConfig('tls', "cannot be off with the node's mail server");
  if (isTrue(config.tls_skip_verify)) throw badConfig('tls_skip_verify', "cannot be true with the node's mail server");
}

function mailOf(input: ProcessorInput, config: Settings, node: EmailProcessorOptions): SendMailOptions {
  const from = config.from ?? node.from;
  if (!from) throw badConfig('from', 'is missing, and the node has no mail-from');
  const end = input.success ? 'succeeded' : 'failed';
  const attach = isTrue(config.attach);
  const facts = [
    `Job: ${input.jobName}`,
    `Execution: ${input.executionId}`,
    `Node: ${input.nodeName}`,
    `Started: ${input.startedAt}`,
    ...(input.finishedAt === undefined ? [] : [`Finished: ${input.finishedAt}`]),
  ];
  return {
    from,
    to: config.to,
    subject: config.subject ?? `Job ${input.jobName} ${end} on ${input.nodeName}`,
    messageId: `<${Buffer.from(input.executionId).toString('base64url')}@dkron>`,
    text: [...facts, '', attach ? '' : outputText(input)].join('\n'),
    ...(attach && {
      attachments: [{ filename: 'output.log', content: Buffer.from(input.output), contentType: 'text/plain' }],
    }),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Connections are made here, so that they end when the time is up. */
function transportOf({ host, port, username, password }: MailServer, config: Settings, signal: AbortSignal) {
  const tls = config.tls || 'auto';
  const implicit = tls === 'implicit' || (tls === 'auto' && port === IMPLICIT_PORT);
  return {
    host,
    port,
    secure: implicit,
    ignoreTLS: tls === 'off',
    requireTLS: tls === 'required' || (tls === 'auto' && username !== '' && !LOOPBACK.test(host)),
    ...(username !== '' && { auth: { user: username, pass: password } }),
    tls: {
      rejectUnauthorized: !isTrue(config.tls_skip_verify),
      ...(!/^[0-9.]+$|:/.test(host) && { servername: host }),
    },
    getSocket: (_options: unknown, callback: (error: Error | null, made?: object) => void) => {
      const connection = connect({ host, port, signal });
      connection.once('error', callback);
      connection.once('connect', () => {
        connection.off('error', callback);
        callback(null, { connection });
      });
    },
  } as TransportOptions;
}

/** Answers of 500 to 599 are for good, and so is what nodemailer finds wrong with the mail. */
function mayPass(error: unknown): boolean {
  const { responseCode = 0, code = '' } = error as { responseCode?: number; code?: string };
  return responseCode < 500 && !NEVER_PASSES.includes(code);
}
