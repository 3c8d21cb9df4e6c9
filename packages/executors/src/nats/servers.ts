import { percentDecoded } from '@dkron/runtime';
import { AttemptError } from '../kit/limited-attempt.ts';

/** What the addresses of the servers say. */
export interface NatsServers {
  /** `host:port`. */
  readonly addresses: readonly string[];
  /** Of the first address that has one; empty = none. */
  readonly user: string;
  readonly password: string;
  /** A name without a password. */
  readonly token: string;
  /** One of them is `tls://`. */
  readonly encrypted: boolean;
}

/**
 * Addresses separated by commas: `host:4222`, `nats://user:password@host`, `nats://token@host`, `tls://host`.
 *
 * @throws AttemptError which does not show them
 */
export function readServers(text: string): NatsServers {
  const urls = urlsOf(text);
  if (urls.length === 0) throw new AttemptError('url is empty');
  const bad = urls.findIndex((url) => url === null || url.hostname === '');
  if (bad >= 0) throw new AttemptError(`nats: url: address ${bad + 1} is not as host:4222 or nats://host:4222`);
  const servers = urls.filter((url) => url !== null);
  const { username = '', password = '' } = servers.find((url) => url.username !== '' || url.password !== '') ?? {};
  const named =
    password === '' ? { user: '', token: percentDecoded(username) } : { user: percentDecoded(username), token: '' };
  return {
    addresses: servers.map(({ host }) => host),
    password: percentDecoded(password),
    ...named,
    encrypted: servers.some(({ protocol }) => protocol === 'tls:'),
  };
}

/** Passwords and tokens, as they are in the addresses and as they are meant. */
export function secretsOfServers({ url = '' }: Readonly<Record<string, string>>): string[] {
  return urlsOf(url).flatMap((each) => {
    const secret = each?.password || each?.username;
    return secret ? [secret, percentDecoded(secret)] : [];
  });
}

function urlsOf(text: string): (URL | null)[] {
  const parts = text.split(',').flatMap((part) => part.trim() || []);
  return parts.map((part) => URL.parse(part.includes('://') ? part : `nats://${part}`));
}
