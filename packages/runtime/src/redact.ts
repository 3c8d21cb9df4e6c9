/** What stands in place of a secret. */
export const REDACTED = '…';

const IN_ADDRESS = /\/\/[^/@\s]*@/g;
const NAMED =
  /\b([\w-]*(?:secret|token|passw(?:or)?d|passphrase|credential|access_key|api_?key|private_?key)[\w-]*)=("[^"]*"|[^\s&"]+)/gi;

/** A text for logs, without credentials inside addresses and without values that are named as secrets: `api_token=…`. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(IN_ADDRESS, `//${REDACTED}@`).replaceAll(NAMED, `$1=${REDACTED}`);
}
