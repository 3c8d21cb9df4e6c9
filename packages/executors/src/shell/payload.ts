/** Text that is not base64; the message is the original's. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

const ALPHABET = /[A-Za-z0-9+/]/;

/**
 * Decodes base64 of the standard alphabet with padding; line ends are passed over.
 *
 * @throws PayloadError naming the first bad byte
 */
export function decodePayload(text: string): Uint8Array {
  let digits = 0;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\r' || character === '\n') continue;
    const isPadding = character === '=' && digits % 4 >= 2 && (digits + padding) % 4 !== 0;
    if (isPadding) padding++;
    else if (ALPHABET.test(character) && padding === 0) digits++;
    else throw new PayloadError(`illegal base64 data at input byte ${i}`);
  }
  if ((digits + padding) % 4 !== 0) throw new PayloadError(`illegal base64 data at input byte ${text.length}`);
  return new Uint8Array(Buffer.from(text, 'base64'));
}
