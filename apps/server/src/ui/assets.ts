import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Types of the files of a web page, by extension. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/vnd.microsoft.icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

export interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The files of the UI, read once: a request can name none but these. */
export class Assets {
  readonly #files = new Map<string, Asset>();
  readonly #folders = new Set<string>();

  /** Throws when the folder cannot be read. */
  constructor(folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length).replace(/^\/+/, '');
      if (entry.isDirectory()) this.#folders.add(name);
      else
        this.#files.set(name, { type: TYPES[extname(name)] ?? 'application/octet-stream', bytes: readFileSync(path) });
    }
  }

  /** @param name relative to the folder, e.g. `assets/index.css` */
  file(name: string): Asset | undefined {
    return this.#files.get(name);
  }

  isFolder(name: string): boolean {
    return this.#folders.has(name);
  }
}
