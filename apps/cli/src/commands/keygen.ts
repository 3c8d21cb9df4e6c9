import { randomBytes } from 'node:crypto';
import { consoleLogger } from '@dkron/runtime/system';
import type { Command } from '../command/command.ts';

/** As many as the original makes, for AES-128; nodes take 24 and 32 bytes too. */
const KEY_BYTES = 16;

/** `dkron keygen`: as a log line like the original's, or alone. */
export const KEYGEN: Command = {
  name: 'keygen',
  summary: 'Make a key for the traffic between nodes',
  description: `Makes a random key for the setting encrypt: ${KEY_BYTES} bytes as base64.

It is written as a log line to standard error. With --raw the key alone goes to standard output.`,
  flags: [{ name: 'raw', type: 'bool', default: 'false', help: 'print only the key, to standard output' }],
  run: ({ flags, io }) => {
    const key = randomBytes(KEY_BYTES).toString('base64');
    if (/^[1tT]/.test(flags.get('raw')?.at(-1) ?? '')) io.out(`${key}\n`);
    else consoleLogger({ write: io.err }).info(key);
    return 0;
  },
};
