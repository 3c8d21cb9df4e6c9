import { createHash } from 'node:crypto';

/** What is asked for again and again is computed once. */
const known = new Map<string, string>();
const KNOWN_MAX = 64;

/** A key for a {@link ConnectionPool} of all that a connection depends on; secrets cannot be read from it. */
export function digestOf(settings: unknown): string {
  const text = JSON.stringify(settings);
  const before = known.get(text);
  if (before !== undefined) return before;
  const digest = createHash('sha256').update(text).digest('base64url');
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, digest);
  return digest;
}
