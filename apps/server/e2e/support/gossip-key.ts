/** A key of gossip for tests; another number, another key. */
export function keyOf(number: number): string {
  return Buffer.alloc(16, number).toString('base64');
}
