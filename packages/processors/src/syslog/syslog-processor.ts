import { Buffer } from 'node:buffer';
import type { Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { z } from 'zod';
import { choice, forwardKey, isTrue, optionalText } from '../config.ts';
import type { SinkModules } from '../sink.ts';
import { SinkFailure, sinkProcessor } from '../sink.ts';
import type { Processor, ProcessorInput } from '../types.ts';
import { readAddress } from './address.ts';
import { DatagramHelper } from './datagram-helper.ts';
import { FACILITIES, localForm, rfc5424, SEVERITIES } from './message.ts';
import type { TlsFiles } from './send-stream.ts';
import { sendStream } from './send-stream.ts';
import { DATAGRAM_MAX, sendUdp } from './send-udp.ts';

/** Settings of the node; all have defaults. */
export interface SyslogProcessorOptions {
  /** The local socket of jobs that name no address. @default '/dev/log' */
  readonly localSocket?: string;
}

/** Keys of `syslog`. */
export const configSchema = z.strictObject({
  ...forwardKey,
  address: optionalText(
    'udp://host:port (port 514), tcp://host:port (601), tls://host:port (6514) or unix:///path; the local socket when absent',
  ),
  format: choice(
    ['rfc5424', 'local'],
    'form of the messages; rfc5424 where an address is given, else local: what the C library writes',
  ),
  facility: choice(FACILITIES, 'who speaks; cron when absent'),
  severity: choice(SEVERITIES, 'how bad it is; info when absent'),
  app_name: optionalText('name of the program; dkron when absent, and [dkron] in the local form'),
  tls_ca_file: optionalText('file with the certificates to trust, PEM; those of the system when absent'),
  tls_cert_file: optionalText("file with this node's certificate, PEM"),
  tls_key_file: optionalText("file with the key of this node's certificate, PEM"),
  tls_skip_verify: optionalText("true = the receiver's certificate is not looked at"),
});

type Settings = z.output<typeof configSchema>;
type Send = { readonly signal: AbortSignal; readonly timers: Timers };

const LOCAL_SOCKET = '/dev/log';

/** Sends each output as one message to a syslog: RFC 5424, or what local daemons are used to. */
export function syslogProcessor(options: SyslogProcessorOptions = {}, modules: SinkModules = {}): Processor {
  const { timers = systemTimers } = modules;
  const helper = new DatagramHelper({ timers });
  const localSocket = options.localSocket ?? LOCAL_SOCKET;
  const processor = sinkProcessor(
    {
      name: 'syslog',
      configSchema,
      replacement: 'Output in syslog',
      send: async (input, config, { signal, logger }) => {
        const address = readAddress('address', config.address ?? `unix://${localSocket}`);
        const octets = (config.format || (config.address ? 'rfc5424' : 'local')) === 'rfc5424';
        const message = syslogMessageOf(input, config, octets);
        const send = { signal, timers };
        if (address.transport === 'unix') return sendLocal(address.path, message, octets, helper, send);
        if (address.transport !== 'udp') {
          const { transport, host, port } = address;
          const tls = transport === 'tls' ? tlsOf(config) : undefined;
          return sendStream(`${transport} ${host}:${port}`, { host, port }, counted(message), { ...send, tls });
        }
        if (message.length > DATAGRAM_MAX) {
          logger.warn('an output is cut, as it is larger than a datagram', {
            bytes: message.length,
            kept: DATAGRAM_MAX,
          });
        }
        return sendUdp(address, message.subarray(0, DATAGRAM_MAX), send);
      },
    },
    modules,
  );
  return { ...processor, close: async () => helper.close() };
}

function syslogMessageOf(input: ProcessorInput, config: Settings, octets: boolean): Buffer {
  const facility = config.facility || 'cron';
  const severity = config.severity || 'info';
  const appName = config.app_name ?? (octets ? 'dkron' : '[dkron]');
  return (octets ? rfc5424 : localForm)(input, { facility, severity, appName });
}

/** A datagram where the socket takes them, as most do; else a stream. */
async function sendLocal(
  path: string,
  message: Buffer,
  octets: boolean,
  helper: DatagramHelper,
  send: Send,
): Promise<void> {
  const frame = octets ? counted(message) : Buffer.concat([message, Buffer.of(0)]);
  try {
    await sendStream(`socket ${path}`, { path }, frame, send);
  } catch (error) {
    if ((error as { cause?: { code?: string } }).cause?.code !== 'EPROTOTYPE') throw error;
    await helper.send(path, message).catch((cause: unknown) => {
      throw new SinkFailure(`socket ${path}`, { cause, passing: true });
    });
  }
}

/** RFC 6587, section 3.4.1. */
function counted(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

function tlsOf(config: Settings): TlsFiles {
  return {
    ...(config.tls_ca_file !== undefined && { caFile: config.tls_ca_file }),
    ...(config.tls_cert_file !== undefined && { certFile: config.tls_cert_file }),
    ...(config.tls_key_file !== undefined && { keyFile: config.tls_key_file }),
    skipVerify: isTrue(config.tls_skip_verify),
  };
}
