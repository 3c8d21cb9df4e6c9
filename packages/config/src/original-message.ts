import type { SettingKey } from './schema/index.ts';
import type { Given } from './sources.ts';

interface OriginalMessage {
  readonly original?: string;
  readonly logged?: true;
}

const BASE64_TEXT = /^[A-Za-z\d+/]*={0,2}$/;
const DECODING = 'config: Error unmarshalling config: decoding failed due to the following error(s):';

/** What the original says of a value it cannot use: scripts and people search for these words. */
export function originalMessage(key: SettingKey, { raw }: Given, reason: string | undefined): OriginalMessage {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  switch (key) {
    case 'tags':
      return reason === undefined ? {} : { original: `config: Error unmarshalling cli tags: ${reason}` };
    case 'encrypt':
      return { original: `agent: Can not setup serf, ${keyReason(text)}` };
    case 'profile':
      return { original: `agent: Can not setup serf, unknown profile: ${text}` };
    case 'raft-multiplier':
      if (reason !== undefined) return { original: `${DECODING}\n\n'${key}' ${reason}` };
      return { original: `raft-multiplier cannot be ${text}. Must be between 1 and 10`, logged: true };
    case 'serf-reconnect-timeout':
      return reason === undefined ? {} : { original: `${reason} ${JSON.stringify(text)}`, logged: true };
    default:
      return reason === undefined ? {} : { original: `${DECODING}\n\n'${key}' ${reason}` };
  }
}

function keyReason(text: string): string {
  if (!BASE64_TEXT.test(text)) {
    const byte = /[^A-Za-z\d+/]/.exec(text)?.index ?? 0;
    return `invalid encryption key: illegal base64 data at input byte ${byte}`;
  }
  return 'Failed to create memberlist: key size must be 16, 24 or 32 bytes';
}
