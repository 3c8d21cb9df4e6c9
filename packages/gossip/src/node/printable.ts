/** What a peer wrote, fit for a line of a log: without control characters, and no longer than that. */
export function printable(text: string, maxCharacters = 128): string {
  return text.slice(0, maxCharacters).replaceAll(/\p{Cc}/gu, ' ');
}
