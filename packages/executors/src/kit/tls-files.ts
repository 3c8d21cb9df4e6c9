import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { parseGoBool } from '../go-text.ts';
import { AttemptError } from './limited-attempt.ts';

/** What a TLS connection is made with. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

const CERTIFICATE = '-----BEGIN CERTIFICATE-----';
const FILES = [
  ['ca', 'tlsRootCAsFile'],
  ['cert', 'tlsCertificateFile'],
  ['key', 'tlsCertificateKeyFile'],
] as const;

/**
 * Reads the files that `tlsRootCAsFile`, `tlsCertificateFile` and `tlsCertificateKeyFile` name, each time anew, so that
 * changed ones count; `tlsNoVerifyPeer` turns the check of the server's certificate off.
 *
 * @param user what needs them, for the error
 * @throws AttemptError that names the key
 */
export async function readTlsFiles(user: string, config: Readonly<Record<string, string>>): Promise<TlsMaterial> {
  const material: { ca?: string; cert?: string; key?: string } = {};
  for (const [name, key] of FILES) {
    const path = config[key];
    if (!path) continue;
    try {
      material[name] = await readFile(path, 'utf8');
      expectUsable(name, material[name], path);
    } catch (cause) {
      throw new AttemptError(`${user}: ${key}: ${(cause as Error).message}`, 'executor', { cause });
    }
  }
  return { ...material, rejectUnauthorized: !(parseGoBool(config['tlsNoVerifyPeer'] ?? '') ?? false) };
}

/** Looked at once for each content: it takes longer than many an attempt. */
const usable = new Set<string>();
const USABLE_MAX = 64;

function expectUsable(name: (typeof FILES)[number][0], text: string, path: string): void {
  const content = `${name} ${text}`;
  if (usable.has(content)) return;
  // A file without certificates is passed over in silence.
  if (name === 'ca' && !text.includes(CERTIFICATE)) throw new Error(`no certificate in ${path}`);
  createSecureContext({ [name]: text });
  if (usable.size >= USABLE_MAX) usable.clear();
  usable.add(content);
}
