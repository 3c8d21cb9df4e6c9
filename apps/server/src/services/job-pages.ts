import type { JobName } from '@dkron/jobs';
import type { JobQuery, Store } from '@dkron/store';
import type { JobAnswer, JobBytes } from './job-bytes.ts';

const OPEN = 0x5b;
const COMMA = 0x2c;
const CLOSE = 0x5d;

/** A list as `GET /v1/jobs` answers it. */
export interface JobsPage {
  readonly body: Buffer;
  /** Jobs that pass the filter, those before and behind the page included. */
  readonly total: number;
}

export interface JobPagesOptions {
  /** Bytes of pages kept while no job changes; a larger page is not kept. */
  readonly bytesMax: number;
}

export interface JobPagesModules {
  readonly store: Pick<Store, 'listJobNames'>;
  readonly answers: JobBytes;
}

/** Lists put together from the answers of their jobs, kept until any job changes. */
export class JobPages {
  readonly #bytesMax: number;
  readonly #modules: JobPagesModules;
  readonly #pages = new Map<string, JobsPage>();
  #bytes = 0;
  #revision = -1;

  constructor({ bytesMax }: JobPagesOptions, modules: JobPagesModules) {
    this.#bytesMax = bytesMax;
    this.#modules = modules;
  }

  /** The page made of the same text of a query, if no job changed since. */
  kept(queryText: string): JobsPage | undefined {
    return this.#revision === this.#modules.answers.revision ? this.#pages.get(queryText) : undefined;
  }

  /** @param queryText under which the page is kept */
  make(queryText: string, query: JobQuery): JobsPage {
    const { store, answers } = this.#modules;
    const { total, names } = store.listJobNames(query);
    const found = answersOf(names, answers);
    const page = { body: joined(found), total };
    if (found.every(({ lasting }) => lasting)) this.#keep(queryText, page);
    return page;
  }

  #keep(queryText: string, page: JobsPage): void {
    const { revision } = this.#modules.answers;
    const size = page.body.length + queryText.length;
    if (revision !== this.#revision || this.#bytes + size > this.#bytesMax) {
      this.#pages.clear();
      this.#bytes = 0;
      this.#revision = revision;
    }
    if (size > this.#bytesMax) return;
    this.#pages.set(queryText, page);
    this.#bytes += size;
  }
}

function answersOf(names: readonly JobName[], answers: JobBytes): JobAnswer[] {
  const found: JobAnswer[] = [];
  for (const name of names) {
    const answer = answers.of(name);
    if (answer !== undefined) found.push(answer);
  }
  return found;
}

/** Items separated by commas, in one buffer. */
function joined(items: readonly JobAnswer[]): Buffer {
  let length = 1 + Math.max(1, items.length);
  for (const { byteLength } of items) length += byteLength;
  const body = Buffer.allocUnsafeSlow(length);
  let at = 0;
  body[at++] = OPEN;
  for (const { text, byteLength } of items) {
    if (at > 1) body[at++] = COMMA;
    // As many bytes as units: each is ASCII, and copied as it is.
    at += body.write(text, at, byteLength === text.length ? 'latin1' : 'utf8');
  }
  body[at] = CLOSE;
  return body;
}
