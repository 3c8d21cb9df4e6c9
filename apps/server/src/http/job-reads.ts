import type { FastifyReply, FastifyRequest } from 'fastify';
import { comingTick, jobToJson } from '@dkron/jobs';
import type { JobName } from '@dkron/jobs';
import type { NodeContext } from '../node-context.ts';
import type { JobAnswer } from '../services/job-bytes.ts';
import { JobBytes } from '../services/job-bytes.ts';
import type { JobsPage } from '../services/job-pages.ts';
import { JobPages } from '../services/job-pages.ts';
import { notFound } from '../services/jobs.service.ts';
import { answerJson, jsonList } from './answers.ts';
import { listQuery } from './jobs-query.ts';
import { isKnown } from './precondition.ts';
import type { Query } from './query.ts';
import { pretty } from './query.ts';

const ANSWERS_BYTES_MAX = 16 * 1024 * 1024;
const PAGES_BYTES_MAX = 16 * 1024 * 1024;
const NO_PAGE: JobsPage = { body: Buffer.from('[]'), total: 0 };

interface JobRequest {
  readonly Params: { readonly job: JobName };
  readonly Querystring: Query;
}

interface ListRequest {
  readonly Querystring: Query;
}

/** What is read most, answered from kept bytes: one job and lists of jobs. */
export class JobReads {
  readonly #node: NodeContext;
  readonly #answers: JobBytes;
  readonly #pages: JobPages;

  constructor(node: NodeContext) {
    const { store, clock } = node;
    this.#node = node;
    this.#answers = new JobBytes({ bytesMax: ANSWERS_BYTES_MAX }, { store, clock });
    this.#pages = new JobPages({ bytesMax: PAGES_BYTES_MAX }, { store, answers: this.#answers });
  }

  /** What `one` answers without a query. */
  answerOf(name: JobName): JobAnswer | undefined {
    return this.#answers.of(name);
  }

  /** Throws {@link ApiError} 404. */
  one(request: FastifyRequest<JobRequest>, reply: FastifyReply): void {
    const { job: name } = request.params;
    const answer = this.#answers.of(name);
    if (answer === undefined) throw notFound(`job ${name} does not exist`);
    const { etag, text } = answer;
    if (isKnown(request.headers['if-none-match'], etag)) {
      void reply.status(304).header('etag', etag).send();
      return;
    }
    answerJson(reply, pretty(request.query) ? this.#indented(name) : text, { headers: { etag } });
  }

  /** Throws {@link ApiError} 400 for an unknown sort key. */
  list(request: FastifyRequest<ListRequest>, reply: FastifyReply): void {
    const { query, url } = request;
    const kept = this.#pages.kept(url);
    const page = kept ?? (pretty(query) ? this.#indentedPage(query) : this.#page(url, query));
    answerJson(reply, page.body, { headers: { 'x-total-count': String(page.total) } });
  }

  #page(url: string, query: Query): JobsPage {
    const wanted = listQuery(query);
    return wanted === undefined ? NO_PAGE : this.#pages.make(url, wanted);
  }

  #indentedPage(query: Query): JobsPage {
    const wanted = listQuery(query);
    if (wanted === undefined) return NO_PAGE;
    const { names, total } = this.#node.store.listJobNames(wanted);
    const items = names.map((name) => this.#indented(name));
    return { body: Buffer.from(jsonList(items, true)), total };
  }

  #indented(name: JobName): string {
    const { store, clock } = this.#node;
    const job = store.getJob(name);
    return job === undefined ? '' : jobToJson(job, { coming: comingTick(job, clock.wallNanos()), pretty: true });
  }
}
