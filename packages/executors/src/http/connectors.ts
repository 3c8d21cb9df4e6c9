import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { Connector, type TlsFiles } from './connector.ts';
import type { TlsSettings } from './settings.ts';

const CONNECTORS_MAX = 100;

export interface ConnectorAndWarnings {
  readonly connector: Connector;
  readonly warnings: readonly string[];
}

const NO_WARNINGS: readonly string[] = [];

/**
 * Connectors by what their connections depend on, the least recently used dropped first: what it has under way goes on.
 * The files are read for every request, so a renewed certificate is used at once.
 */
export class Connectors {
  readonly #connectors = new Map<string, Connector>();

  async get(tls: TlsSettings): Promise<ConnectorAndWarnings> {
    if (tls.certificateFile === '' && tls.certificateKeyFile === '' && tls.rootCasFile === '')
      return { connector: this.#get(tls.verifyPeer, {}), warnings: NO_WARNINGS };
    const { files, warnings } = await readFiles(tls);
    return { connector: this.#get(tls.verifyPeer, files), warnings };
  }

  #get(verifyPeer: boolean, files: TlsFiles): Connector {
    const key = JSON.stringify([verifyPeer, files]);
    const connector = this.#connectors.get(key) ?? new Connector(verifyPeer, files);
    this.#connectors.delete(key);
    this.#connectors.set(key, connector);
    if (this.#connectors.size > CONNECTORS_MAX) {
      for (const oldest of this.#connectors.keys()) {
        this.#connectors.delete(oldest);
        break;
      }
    }
    return connector;
  }
}

async function readFiles(tls: TlsSettings): Promise<{ files: TlsFiles; warnings: string[] }> {
  const warnings: string[] = [];
  const attempt = async (what: string, read: () => Promise<TlsFiles>): Promise<TlsFiles> => {
    try {
      const files = await read();
      createSecureContext(files);
      return files;
    } catch (error) {
      warnings.push(`Warning: ${what}: ${(error as Error).message}.\n`);
      return {};
    }
  };
  let files: TlsFiles = {};
  if (tls.certificateFile !== '' || tls.certificateKeyFile !== '') {
    files = await attempt('not using client certificate', async () => ({
      cert: await readFile(tls.certificateFile, 'utf8'),
      key: await readFile(tls.certificateKeyFile, 'utf8'),
    }));
  }
  if (tls.rootCasFile !== '') {
    const ca = await attempt('using system root CAs instead of configured CAs', async () => {
      const text = await readFile(tls.rootCasFile, 'utf8');
      if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`no certificate in ${tls.rootCasFile}`);
      return { ca: text };
    });
    files = { ...files, ...ca };
  }
  return { files, warnings };
}
