import { StartError } from './start-error.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** Splits `host:port`, `:port`, `host` or `[v6]:port`; undefined = it is none of these. */
export function splitHostPort(text: string, defaultPort: number): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port > PORT_MAX) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}

/** @throws StartError naming the option when its text is no address */
export function addressOf(option: string, text: string, defaultPort: number): HostPort {
  const parsed = splitHostPort(text, defaultPort);
  if (parsed) return parsed;
  const message = `${option}: ${text} is not an address; allowed: [host]:port, port 0–65535`;
  throw new StartError('invalid_option', message, { option, value: text });
}

/** Opens a listener; what the system says of the address becomes a StartError that names the option. */
export async function listening<T>(option: string, at: HostPort, open: (at: HostPort) => Promise<T>): Promise<T> {
  try {
    return await open(at);
  } catch (cause) {
    const { code, message: reason } = cause as { code?: string | number; message: string };
    const value = `${at.host}:${at.port}`;
    if (code === 'EADDRINUSE' || reason.includes('EADDRINUSE')) {
      const other = option === 'rpc-port' ? at.port + 1 : `127.0.0.1:${at.port + 1}`;
      const message = `${option}: ${value} is taken by another process; choose another, e.g. --${option}=${other}`;
      throw new StartError('address_in_use', message, { option, value }, { cause });
    }
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === 'ENOTFOUND' || reason.includes('EADDRNOTAVAIL')) {
      const message = `${option}: cannot listen on ${value}: ${reason}`;
      throw new StartError('address_not_available', message, { option, value }, { cause });
    }
    throw cause;
  }
}
