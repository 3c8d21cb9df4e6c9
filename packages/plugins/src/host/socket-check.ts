import { lstatSync } from 'node:fs';
import { PluginError } from '../errors.ts';
import type { Handshake } from '../wire/handshake.ts';

/** Who else could have made a file there must not be connected to. Throws {@link PluginError}. */
export function checkSocket({ network, address }: Handshake): void {
  if (network !== 'unix') return;
  const refuse = (why: string): PluginError =>
    new PluginError('PLUGIN_START', `its socket ${address} ${why}`, { address });
  let stat;
  try {
    stat = lstatSync(address);
  } catch {
    throw refuse('does not exist');
  }
  if (!stat.isSocket()) throw refuse('is no socket');
  const uid = process.getuid?.();
  if (uid !== undefined && stat.uid !== uid) throw refuse(`belongs to user ${stat.uid}, not ${uid}`);
}
