import { createHash } from 'node:crypto';

/** A UUID-shaped id that stays the same for a node name (the original draws a new one per request, G-A12). */
export function memberId(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
