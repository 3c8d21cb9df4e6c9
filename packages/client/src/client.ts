import { jobPath, Transport, valueOf, type Answer, type DkronClientOptions } from './transport.ts';
import type {
  ApiExecution,
  ApiHealth,
  ApiInfo,
  ApiJob,
  ApiJobInput,
  ApiMember,
  ApiPreview,
  ApiPreviewQuery,
  ApiRun,
  ApiTick,
  Page,
  Query,
} from './types.ts';
import { DkronApiError } from './errors.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The REST API of a Dkron server. Every method throws `DkronApiError` when the server refuses or does not answer.
 * Only reads are repeated.
 */
export class DkronClient {
  readonly #transport: Transport;

  constructor(options: DkronClientOptions) {
    this.#transport = new Transport(options);
  }

  async listJobs(query: Query = {}, options: CallOptions = {}): Promise<Page<ApiJob>> {
    return pageOf(await this.#transport.request('GET', '/v1/jobs', { query, ...options }));
  }

  async getJob(name: string, options: CallOptions = {}): Promise<ApiJob> {
    return bodyOf(await this.#transport.request('GET', jobPath(name), options));
  }

  /** Creates or replaces. The answer is the job as submitted; `getJob` shows the stored one. */
  async createJob(job: ApiJobInput, options: CallOptions & { readonly runOnCreate?: boolean } = {}): Promise<ApiJob> {
    return this.createJobText(JSON.stringify(job), options);
  }

  /** The same with a JSON text, which is sent as it stands. */
  async createJobText(body: string, options: CallOptions & { readonly runOnCreate?: boolean } = {}): Promise<ApiJob> {
    const query = options.runOnCreate === true ? { runoncreate: true } : {};
    return bodyOf(await this.#transport.request('POST', '/v1/jobs', { body, query, signal: options.signal }));
  }

  async deleteJob(name: string, options: CallOptions = {}): Promise<ApiJob> {
    return bodyOf(await this.#transport.request('DELETE', jobPath(name), options));
  }

  /** Starts a job and returns when it has ended everywhere, retries and children included. */
  async runJob(name: string, options: CallOptions = {}): Promise<ApiJob> {
    return bodyOf(await this.#transport.request('POST', jobPath(name, '/run'), options));
  }

  /** Starts a job and returns when the start is committed. */
  async startJob(
    name: string,
    options: CallOptions & { readonly respectConcurrency?: boolean; readonly idempotencyKey?: string } = {},
  ): Promise<ApiRun> {
    const query = { wait: false, ...(options.respectConcurrency === true ? { respect_concurrency: true } : {}) };
    const headers = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    return bodyOf(
      await this.#transport.request('POST', jobPath(name, '/run'), { query, headers, signal: options.signal }),
    );
  }

  async toggleJob(name: string, options: CallOptions = {}): Promise<ApiJob> {
    return bodyOf(await this.#transport.request('POST', jobPath(name, '/toggle'), options));
  }

  async listJobExecutions(name: string, query: Query = {}, options: CallOptions = {}): Promise<Page<ApiExecution>> {
    return pageOf(await this.#transport.request('GET', jobPath(name, '/executions'), { query, ...options }));
  }

  /** The ledger of a job, newest first. */
  async listTicks(name: string, query: Query = {}, options: CallOptions = {}): Promise<Page<ApiTick>> {
    return pageOf(await this.#transport.request('GET', jobPath(name, '/ticks'), { query, ...options }));
  }

  /** Executions of all jobs, newest first. */
  async listExecutions(query: Query = {}, options: CallOptions = {}): Promise<Page<ApiExecution>> {
    return pageOf(await this.#transport.request('GET', '/v1/executions', { query, ...options }));
  }

  async getExecution(id: string, options: CallOptions = {}): Promise<ApiExecution> {
    return bodyOf(await this.#transport.request('GET', `/v1/executions/${encodeURIComponent(id)}`, options));
  }

  /** What an execution has written so far: its kept head, a mark where bytes were left out, its tail. */
  async getOutput(id: string, options: CallOptions = {}): Promise<string> {
    return (await this.#transport.request('GET', `/v1/executions/${encodeURIComponent(id)}/output`, options)).text;
  }

  /** The next ticks of a schedule that need not belong to a job. */
  async previewSchedule(query: ApiPreviewQuery, options: CallOptions = {}): Promise<ApiPreview> {
    return bodyOf(await this.#transport.request('GET', '/v1/schedules/preview', { query: { ...query }, ...options }));
  }

  /** A running execution is `cancelled` only when its node confirms; see `state` of the answer. */
  async cancelExecution(id: string, options: CallOptions = {}): Promise<ApiExecution> {
    return bodyOf(await this.#transport.request('POST', `/v1/executions/${encodeURIComponent(id)}/cancel`, options));
  }

  async leader(options: CallOptions = {}): Promise<ApiMember> {
    return bodyOf(await this.#transport.request('GET', '/v1/leader', options));
  }

  async members(options: CallOptions = {}): Promise<Page<ApiMember>> {
    return pageOf(await this.#transport.request('GET', '/v1/members', options));
  }

  async health(options: CallOptions = {}): Promise<ApiHealth> {
    return bodyOf(await this.#transport.request('GET', '/health', options));
  }

  async info(options: CallOptions = {}): Promise<ApiInfo> {
    return bodyOf(await this.#transport.request('GET', '/v1', options));
  }

  /** Any path of the API, with the body as text: for output that must keep the server's bytes. */
  async raw(method: string, path: string, query: Query = {}): Promise<string> {
    return (await this.#transport.request(method, path, { query })).text;
  }
}

/** The server is trusted to send what its API says; shapes are not checked again here. */
function bodyOf<T>(answer: Answer): T {
  return valueOf(answer) as T;
}

function pageOf<T>(answer: Answer): Page<T> {
  const items = valueOf(answer);
  if (!Array.isArray(items)) {
    const message = 'the answer is no list';
    throw new DkronApiError({ status: answer.status, code: 'invalid_answer', field: '', message });
  }
  const total = Number(answer.headers.get('x-total-count') ?? items.length);
  return { items: items as T[], total };
}
