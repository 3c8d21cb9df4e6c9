import { badConfig } from '../config.ts';

/** Where messages go. */
export type SyslogAddress =
  | { readonly transport: 'udp' | 'tcp' | 'tls'; readonly host: string; readonly port: number }
  | { readonly transport: 'unix'; readonly path: string };

const DEFAULT_PORTS = { udp: 514, tcp: 601, tls: 6514 };
const FORM = 'must be udp://host:port, tcp://host:port, tls://host:port or unix:///path';

/** @throws ProcessorError `bad_config` */
export function readAddress(key: string, text: string): SyslogAddress {
  const unix = /^unix:\/\/(\/.+)$/.exec(text);
  if (unix) return { transport: 'unix', path: unix[1]! };
  const net = /^(udp|tcp|tls):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/@\s]+))(?::([0-9]{1,5}))?\/?$/.exec(text);
  if (!net) throw badConfig(key, FORM);
  const transport = net[1] as keyof typeof DEFAULT_PORTS;
  const port = net[4] === undefined ? DEFAULT_PORTS[transport] : Number(net[4]);
  if (port < 1 || port > 65_535) throw badConfig(key, FORM);
  return { transport, host: (net[2] ?? net[3])!, port };
}
