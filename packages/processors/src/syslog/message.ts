import { Buffer } from 'node:buffer';
import type { ProcessorInput } from '../types.ts';

/** Names of RFC 5424, section 6.2.1, in the order of their numbers. */
export const FACILITIES = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp audit alert clock ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
/** In the order of their numbers. */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];

/** What a message says of itself. */
export interface MessageHead {
  readonly facility: string;
  readonly severity: string;
  readonly appName: string;
}

/** The number that RFC 5612 sets aside for those who have none. */
const DATA_ID = 'dkron@32473';
const NAME_LENGTH_MAX = { host: 255, app: 48, message: 32 };
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * A message of RFC 5424 whose structured data tells job, execution, node and success. The output follows as it is, without a
 * byte order mark: it is bytes and need not be text.
 */
export function rfc5424(input: ProcessorInput, head: MessageHead): Buffer {
  const stamp = (input.finishedAt ?? input.startedAt).replace(/(\.[0-9]{6})[0-9]+/, '$1');
  const host = printable(input.reportingNode, NAME_LENGTH_MAX.host);
  const app = printable(head.appName, NAME_LENGTH_MAX.app);
  const data = { job: input.jobName, execution: input.executionId, node: input.nodeName, success: input.success };
  const parameters = Object.entries(data).map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
  const text = `<${priority(head)}>1 ${stamp} ${host} ${app} ${process.pid} output [${DATA_ID}${parameters.join('')}] `;
  return Buffer.concat([Buffer.from(text), input.output]);
}

/** What the C library writes into the local socket: `<78>Jan  2 15:04:05 [dkron][123]: …`, in local time. */
export function localForm(input: ProcessorInput, head: MessageHead): Buffer {
  const at = new Date(input.finishedAt ?? input.startedAt);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const stamp = `${MONTHS[at.getMonth()]} ${String(at.getDate()).padStart(2)} ${clock}`;
  const tag = printable(head.appName, NAME_LENGTH_MAX.app);
  return Buffer.concat([Buffer.from(`<${priority(head)}>${stamp} ${tag}[${process.pid}]: `), input.output]);
}

function priority(head: MessageHead): number {
  return FACILITIES.indexOf(head.facility) * 8 + SEVERITIES.indexOf(head.severity);
}

/** Header fields are printable ASCII without blanks. */
function printable(text: string, lengthMax: number): string {
  return text.replaceAll(/[^\u0021-\u007e]/g, '?').slice(0, lengthMax) || '-';
}

function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, String.raw`\$&`);
}
