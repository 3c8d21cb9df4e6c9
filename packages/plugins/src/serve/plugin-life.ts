import { randomInt } from 'node:crypto';
import { chmodSync, chownSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { PluginProtocol } from '../wire/handshake.ts';
import { formatHandshake } from '../wire/handshake.ts';
import { APP_VERSION, COOKIE, CORE_VERSION } from '../settings.ts';
import { PluginError } from '../errors.ts';
import { hclogLogger } from './hclog.ts';
import { Printed } from './printed.ts';

/** This process as a plugin: its socket, its first line, its output, its end. */
export interface PluginLife {
  /** Path of the socket to listen on. */
  readonly address: string;
  readonly logger: Logger;
  readonly printed: Printed;
  /** Says where it listens, once it does; from now on what is printed goes to the host. */
  announce(protocol: PluginProtocol): void;
  /** The host has gone unless it comes back soon. */
  hostLost(): void;
  hostBack(): void;
  /** Ends the process in order. */
  end(): void;
}

const PARENT_POLL_MS = 1_000;
const LOST_MS = 10_000;
const HELP =
  'This program is a plugin of Dkron: Dkron starts it. Put it into the folder for plugins, as dkron-executor-NAME or dkron-processor-NAME.\n';
const STDOUT = 1;
const STDERR = 2;

/** Throws {@link PluginError} `PLUGIN_NOT_HOSTED` when no host has started this process. */
export function pluginLife(): PluginLife {
  const { env } = process;
  if (env[COOKIE.variable] !== COOKIE.value) throw new PluginError('PLUGIN_NOT_HOSTED', HELP);
  if ((env['PLUGIN_CLIENT_CERT'] ?? '') !== '') {
    throw new PluginError('PLUGIN_NOT_HOSTED', 'This plugin cannot speak TLS: the host must not ask for AutoMTLS.\n');
  }
  const folder = env['PLUGIN_UNIX_SOCKET_DIR'] || tmpdir();
  const address = join(folder, `plugin${randomInt(2 ** 47)}`);
  const end = (): void => {
    rmSync(address, { force: true });
    process.exit(0);
  };
  // A Ctrl-C is for the host, which decides.
  process.on('SIGINT', () => {});
  watchParent(end);
  const printed = new Printed();
  let cancelLost: (() => void) | undefined;
  return {
    address,
    logger: hclogLogger((line) => writeAll(STDERR, line)),
    printed,
    announce: (protocol) => {
      shareSocket(address, env['PLUGIN_UNIX_SOCKET_GROUP'] ?? '');
      const versions = { coreVersion: CORE_VERSION, appVersion: APP_VERSION };
      writeAll(STDOUT, formatHandshake({ ...versions, network: 'unix', address, protocol }));
      printed.capture();
    },
    hostLost: () => (cancelLost ??= systemTimers.after(LOST_MS, end)),
    hostBack: () => {
      cancelLost?.();
      cancelLost = undefined;
    },
    end,
  };
}

/** For what keeps a plugin from its start: the reason, and the end. */
export function refuseToStart(error: unknown): never {
  process.stderr.write(error instanceof PluginError ? error.message : `${String(error)}\n`);
  process.exit(1);
}

/** Nothing else ends a plugin whose host was killed. */
function watchParent(end: () => void): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) end();
  }, PARENT_POLL_MS).unref();
}

/** Even when the pipe is full for a moment, and before anything else can print. */
function writeAll(descriptor: number, text: string): void {
  let bytes = Buffer.from(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}

/** For a host that runs its plugins as another user. */
function shareSocket(address: string, group: string): void {
  if (group === '') return;
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${group}:`));
  const id = /^\d+$/.test(group) ? Number(group) : Number(line?.split(':')[2] ?? Number.NaN);
  if (Number.isNaN(id)) throw new PluginError('PLUGIN_NOT_HOSTED', `There is no group ${group} for the socket.\n`);
  chownSync(address, -1, id);
  chmodSync(address, 0o660);
}
