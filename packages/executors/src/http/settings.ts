import { parseGoBool } from '../go-text.ts';
import type { ExecuteRequest } from '../types.ts';

/** Files and switches a connection depends on. */
export interface TlsSettings {
  readonly verifyPeer: boolean;
  readonly certificateFile: string;
  readonly certificateKeyFile: string;
  readonly rootCasFile: string;
}

export interface HttpSettings {
  readonly url: string;
  readonly method: string;
  readonly body: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** 0 = none. */
  readonly timeoutMs: number;
  readonly expectCode: string;
  readonly expectBody: string;
  readonly tls: TlsSettings;
  /** Lines that open the output. */
  readonly preamble: readonly string[];
}

const TIMEOUT_SECONDS = 30;

/** Reads the configuration. What is wrong but not fatal becomes a line of the output. */
export function readSettings(config: ExecuteRequest['config']): HttpSettings {
  const preamble: string[] = [];
  const warn = (text: string): void => void preamble.push(`Warning: ${text}.\n`);
  if (config['debug']) preamble.push(`Config: ${JSON.stringify(config)}\n`);
  return {
    url: config['url'] ?? '',
    method: config['method'] ?? '',
    body: config['body'] ?? '',
    timeoutMs: readTimeoutSeconds(config['timeout'] ?? '', warn) * 1000,
    headers: readHeaders(config['headers'] ?? '', preamble, warn),
    expectCode: config['expectCode'] ?? '',
    expectBody: config['expectBody'] ?? '',
    tls: {
      verifyPeer: !readSkipVerify(config['tlsNoVerifyPeer'] ?? '', warn),
      certificateFile: config['tlsCertificateFile'] ?? '',
      certificateKeyFile: config['tlsCertificateKeyFile'] ?? '',
      rootCasFile: config['tlsRootCAsFile'] ?? '',
    },
    preamble,
  };
}

type Warn = (text: string) => void;

function readTimeoutSeconds(text: string, warn: Warn): number {
  if (text === '') return TIMEOUT_SECONDS;
  if (/^[+-]?[0-9]{1,9}$/.test(text)) return Math.max(0, Number(text));
  const quoted = JSON.stringify(text);
  const why = `strconv.Atoi: parsing ${quoted}: ${/^[+-]?[0-9]+$/.test(text) ? 'value out of range' : 'invalid syntax'}`;
  warn(`invalid timeout value: ${quoted} not understood (${why}), using default value of ${TIMEOUT_SECONDS}`);
  return TIMEOUT_SECONDS;
}

function readSkipVerify(text: string, warn: Warn): boolean {
  const skip = parseGoBool(text);
  if (text !== '' && skip === undefined) {
    warn(`not disabling certificate validation: ${JSON.stringify(text)} is neither true nor false`);
  }
  return skip ?? false;
}

/** Each line is cut at its first colon, so that values may hold more of them. A line without one is left out. */
function readHeaders(text: string, preamble: string[], warn: Warn): [string, string][] {
  if (text === '') return [];
  const lines = parseLines(text);
  if (!lines) {
    preamble.push('Error: parsing headers failed\n');
    return [];
  }
  const headers: [string, string][] = [];
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, Math.max(0, at)).trim();
    const value = line.slice(at + 1).trim();
    if (!isHeader(name, value)) warn(`header ${headers.length + 1} is left out: it has no valid "Name: value"`);
    else if (name.toLowerCase() !== 'host') headers.push([name, value]);
  }
  return headers;
}

function isHeader(name: string, value: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what a header value must not hold
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value);
}

function parseLines(text: string): string[] | undefined {
  try {
    const lines: unknown = JSON.parse(text);
    return Array.isArray(lines) && lines.every((line) => typeof line === 'string') ? lines : undefined;
  } catch {
    return undefined;
  }
}
