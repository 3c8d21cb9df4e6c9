import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { Agent } from 'undici';
import type { TlsSettings } from './settings.ts';

const AGENTS_MAX = 100;
const CONNECTIONS_PER_HOST_MAX = 20;

/** Contents of the files, as far as they can be used. */
interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

export interface AgentAndWarnings {
  readonly agent: Agent;
  readonly warnings: readonly string[];
}

/**
 * Connections by what they depend on, the least recently used dropped first. The files are read for every request,
 * so a renewed certificate is used at once.
 */
export class Agents {
  readonly #agents = new Map<string, Agent>();

  async get(tls: TlsSettings): Promise<AgentAndWarnings> {
    const { files, warnings } = await readFiles(tls);
    const key = JSON.stringify([tls.verifyPeer, files]);
    const agent = this.#agents.get(key) ?? makeAgent(tls.verifyPeer, files);
    this.#agents.delete(key);
    this.#agents.set(key, agent);
    if (this.#agents.size > AGENTS_MAX) this.#dropOldest();
    return { agent, warnings };
  }

  #dropOldest(): void {
    for (const [key, agent] of this.#agents) {
      this.#agents.delete(key);
      // Waits for what is under way; nobody waits for it.
      void agent.close();
      return;
    }
  }
}

/** HTTP/1.1 only, and no limits of time but the request's own. */
function makeAgent(verifyPeer: boolean, files: TlsFiles): Agent {
  return new Agent({
    connections: CONNECTIONS_PER_HOST_MAX,
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
    connect: { timeout: 0, rejectUnauthorized: verifyPeer, ...files },
  });
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
