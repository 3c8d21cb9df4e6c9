import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { ByteQueue } from './bytes.ts';
import { PluginWireError } from './errors.ts';

/** How plugins of go-plugin speak once the line is said. */
export type PluginProtocol = 'netrpc' | 'grpc';

/** What a plugin says in the first line it prints. */
export interface Handshake {
  /** Version of go-plugin's own protocol. 1 is the only one there is. */
  readonly coreVersion: number;
  /** Version of the application's protocol. Dkron's is 1. */
  readonly appVersion: number;
  readonly network: 'unix' | 'tcp';
  /** Absolute path of a socket, or loopback address and port. */
  readonly address: string;
  readonly protocol: PluginProtocol;
  /** DER of the certificate that the plugin serves with; without it there is no TLS. */
  readonly serverCert?: Uint8Array;
  /** Whether gRPC connections share one socket. Absent if the host did not ask. */
  readonly multiplex?: boolean;
}

/** What a host takes. */
export interface HandshakeExpectations {
  readonly appVersions: readonly number[];
  readonly protocols: readonly PluginProtocol[];
}

/** Longest line that is read, in bytes, its end not counted. */
export const HANDSHAKE_LINE_MAX_BYTES = 4096;

const CORE_VERSION = 1;
/** Shorter ones do not count as certificate, as with go-plugin. */
const CERT_MIN_CHARS = 51;
const PORT_MAX = 65_535;
const VERSION_MAX = 2 ** 31 - 1;
const NEWLINE = 0x0a;
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Reads one line, without or with its end. Throws `PluginWireError` `PLUGIN_HANDSHAKE`. */
export function parseHandshake(line: string): Handshake {
  const text = line.trim();
  if (/[\x00-\x1f\x7f]/.test(text)) throw refusal('the line has control characters', text);
  const [core = '', app = '', network = '', address = '', protocol, cert = '', multiplex, ...more] = text.split('|');
  if (address === '' || more.length > 0) throw refusal('the line must have 4 to 7 fields separated by |', text);
  const serverCert = readCert(cert, text);
  return {
    coreVersion: readCore(core, text),
    appVersion: readVersion('application protocol version', app, text),
    ...readAddress(network, address, text),
    protocol: readProtocol(protocol ?? '', text),
    ...(serverCert && { serverCert }),
    ...(multiplex !== undefined && multiplex !== '' && { multiplex: readBoolean(multiplex, text) }),
  };
}

/** The line as plugins in Go print it, with its end: six fields, seven if the host asked about multiplexing. */
export function formatHandshake(handshake: Handshake): string {
  const { coreVersion, appVersion, network, address, protocol, serverCert, multiplex } = handshake;
  const cert = serverCert ? Buffer.from(serverCert).toString('base64').replace(/=+$/, '') : '';
  const fields = [coreVersion, appVersion, network, address, protocol, cert];
  const line = [...fields, ...(multiplex === undefined ? [] : [multiplex])].join('|');
  parseHandshake(line);
  return `${line}\n`;
}

/** Throws `PluginWireError` `PLUGIN_HANDSHAKE` unless the host can speak with such a plugin. */
export function checkHandshake(handshake: Handshake, expected: HandshakeExpectations): void {
  const { appVersion, protocol } = handshake;
  if (!expected.appVersions.includes(appVersion)) {
    const offered = expected.appVersions.join(', ');
    throw new PluginWireError(
      'PLUGIN_HANDSHAKE',
      `plugin speaks application protocol ${appVersion}, offered: ${offered}`,
    );
  }
  if (!expected.protocols.includes(protocol)) {
    const allowed = expected.protocols.join(', ');
    throw new PluginWireError('PLUGIN_HANDSHAKE', `plugin speaks ${protocol}, allowed here: ${allowed}`);
  }
}

/** Waits for the first line of a plugin's output. What comes after it is left for whoever reads on. */
export class HandshakeReader {
  readonly #bytes = new ByteQueue();
  #done = false;

  /** The handshake and what followed its line, once the line is complete. Throws `PluginWireError`. */
  push(bytes: Uint8Array): { readonly handshake: Handshake; readonly rest: Uint8Array } | undefined {
    if (this.#done) throw new PluginWireError('PLUGIN_HANDSHAKE', 'the handshake has been read');
    const end = bytes.indexOf(NEWLINE);
    if (this.#bytes.length + (end < 0 ? bytes.length : end) > HANDSHAKE_LINE_MAX_BYTES) {
      throw new PluginWireError('PLUGIN_LIMIT', `the first line is longer than ${HANDSHAKE_LINE_MAX_BYTES} bytes`);
    }
    this.#bytes.push(end < 0 ? bytes : bytes.subarray(0, end));
    if (end < 0) return undefined;
    this.#done = true;
    const line = new TextDecoder().decode(this.#bytes.peek(this.#bytes.length));
    return { handshake: parseHandshake(line), rest: bytes.subarray(end + 1) };
  }
}

function refusal(why: string, line: string): PluginWireError {
  return new PluginWireError('PLUGIN_HANDSHAKE', `no handshake: ${why}`, { line: line.slice(0, 200) });
}

function readVersion(name: string, text: string, line: string): number {
  const version = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(version <= VERSION_MAX)) throw refusal(`the ${name} must be a number`, line);
  return version;
}

function readCore(text: string, line: string): number {
  const version = readVersion('core protocol version', text, line);
  if (version !== CORE_VERSION) throw refusal(`the core protocol version is ${version}, must be ${CORE_VERSION}`, line);
  return version;
}

function readProtocol(text: string, line: string): PluginProtocol {
  if (text === '' || text === 'netrpc') return 'netrpc';
  if (text === 'grpc') return 'grpc';
  throw refusal('the protocol must be netrpc or grpc', line);
}

function readAddress(network: string, address: string, line: string): Pick<Handshake, 'network' | 'address'> {
  if (network === 'unix') {
    if (!address.startsWith('/')) throw refusal('the path of the socket must be absolute', line);
    return { network, address };
  }
  if (network !== 'tcp') throw refusal('the network must be unix or tcp', line);
  const [, six, four, port = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? [];
  const isLoopback = six === '::1' || (isIP(four ?? '') === 4 && four!.startsWith('127.'));
  if (!isLoopback || Number(port) < 1 || Number(port) > PORT_MAX) {
    throw refusal('the address must be a loopback address and a port', line);
  }
  return { network, address };
}

function readCert(text: string, line: string): Uint8Array | undefined {
  if (text.length < CERT_MIN_CHARS) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== text) {
    throw refusal('the certificate must be base64 without padding', line);
  }
  return Uint8Array.from(bytes);
}

function readBoolean(text: string, line: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw refusal('the multiplexing field must be true or false', line);
}
