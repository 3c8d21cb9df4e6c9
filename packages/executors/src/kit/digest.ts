import { createHash } from 'node:crypto';

/** A key for a {@link ConnectionPool} of all that a connection depends on; secrets cannot be read from it. */
export function digestOf(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url');
}
