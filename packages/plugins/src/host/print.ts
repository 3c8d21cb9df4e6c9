import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { PrintedOutput } from './session.ts';

/** Hands on what plugins print; they wait while it is not taken. */
export function printTo(stdout: Writable, stderr: Writable): PrintedOutput {
  return (bytes, isStderr) => {
    const stream = isStderr ? stderr : stdout;
    if (stream.write(bytes)) return undefined;
    return once(stream, 'drain').then(
      () => undefined,
      () => undefined,
    );
  };
}
