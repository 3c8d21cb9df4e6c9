import { pageOf, restoredOf, valueOf, etagOf, type Page, type RestoredJob } from './answers.ts';
import type {
  EventsQuery,
  FollowEventsOptions,
  IfMatch,
  JobChanger,
  ReadOptions,
  RouteRequest,
  RunOptions,
  StoreOptions,
} from './call-options.ts';
import { DkronApiError } from './errors.ts';
import { changesOf, outputOf, type DkronEvent, type OutputEvent } from './events.ts';
import type { Execution } from './execution.ts';
import { follow, type FollowOptions } from './follow.ts';
import type {
  DebugVars,
  DryRun,
  Health,
  Info,
  Job,
  JobEcho,
  JobInput,
  Leader,
  Member,
  Offer,
  Preview,
  Started,
  Stats,
  Tick,
} from './gen/api.ts';
import { encodeJson } from './json.ts';
import { settingsOf, type CallOptions, type DkronClientOptions, type Settings } from './options.ts';
import { refusal } from './refusal.ts';
import type { AnswerOf, QueryOf, Route } from './route.ts';
import { Transport, type Answer, type Request } from './transport.ts';

const UPDATES_MAX = 5;
const EVENT_STREAM = 'text/event-stream';

/**
 * The REST API of a Dkron server, or of the servers of a cluster.
 *
 * Every method throws `DkronApiError` when the server refuses or does not answer, the reason of `signal` once that is
 * aborted, and `TypeError` for an empty name. Reads, and writes that cannot take effect twice, are repeated.
 */
export class DkronClient {
  readonly #settings: Settings;
  readonly #transport: Transport;

  /** @throws TypeError that names the option */
  constructor(options: DkronClientOptions) {
    this.#settings = settingsOf(options);
    this.#transport = new Transport(this.#settings);
  }

  async listJobs(query: QueryOf<'GET /v1/jobs'> = {}, call?: CallOptions): Promise<Page<Job>> {
    return pageOf(await this.#transport.send('GET /v1/jobs', { query, call }));
  }

  async getJob(job: string, options?: ReadOptions): Promise<Job> {
    return this.#value('GET /v1/jobs/{job}', { path: { job }, ...reading(options) });
  }

  /** The job, unless it still is the one of this ETag. */
  async getJobIfChanged(job: string, etag: string, options?: ReadOptions): Promise<Job | undefined> {
    const headers = { 'if-none-match': etag };
    const answer = await this.#transport.send('GET /v1/jobs/{job}', { path: { job }, headers, ...reading(options) });
    return answer.status === 304 ? undefined : valueOf(answer);
  }

  /** Creates or replaces. The answer is the job as submitted; `getJob` shows the stored one. */
  async createJob(job: JobInput, options: StoreOptions = {}): Promise<JobEcho> {
    return this.#value('POST /v1/jobs', storing(job, options));
  }

  /** The same by the name of the job. With `ifMatch` it is only replaced. */
  async replaceJob(job: JobInput, options: StoreOptions = {}): Promise<JobEcho> {
    return this.#value('PUT /v1/jobs/{job}', { ...storing(job, options), path: { job: job.name } });
  }

  /**
   * Reads the job, lets `change` make its new definition, and stores that, unless somebody else changed the job
   * meanwhile: then again, up to 5 times. The answer is the stored job, also when another server gives it.
   */
  async updateJob(job: string, change: JobChanger, call?: CallOptions): Promise<Job> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await this.getJob(job, { ...call, consistent: true });
      const input = await change(stored);
      if (input === undefined) return stored;
      try {
        await this.replaceJob(input, { ...call, ifMatch: etagOf(stored) });
        return await this.getJob(input.name, { ...call, consistent: true });
      } catch (error) {
        const lost = error instanceof DkronApiError && error.status === 412 && !error.maybeDone;
        if (!lost || attempt >= UPDATES_MAX) throw error;
      }
    }
  }

  /** Judges a job as a create would, and stores nothing. */
  async dryRunJob(job: JobInput, options: CallOptions & IfMatch = {}): Promise<DryRun> {
    const request = storing(job, options);
    return this.#value('POST /v1/jobs', { ...request, query: { dry_run: 'true' }, repeatable: true });
  }

  /** The answer is the job as it was. */
  async deleteJob(job: string, options: CallOptions & IfMatch = {}): Promise<Job> {
    return this.#value('DELETE /v1/jobs/{job}', { path: { job }, ...matching(options) });
  }

  /** Enables or disables; the answer is the job as it is now. */
  async toggleJob(job: string, options: CallOptions & IfMatch = {}): Promise<Job> {
    return this.#value('POST /v1/jobs/{job}/toggle', { path: { job }, ...matching(options) });
  }

  /** Starts a job and returns when it has ended everywhere, retries and children included; no timeout by default. */
  async runJob(job: string, options: RunOptions = {}): Promise<Job> {
    return this.#value('POST /v1/jobs/{job}/run', { path: { job }, ...running(options, {}), unlimited: true });
  }

  /** Starts a job and returns when the start is committed. */
  async startJob(job: string, options: RunOptions = {}): Promise<Started> {
    return this.#value('POST /v1/jobs/{job}/run', { path: { job }, ...running(options, { wait: 'false' }) });
  }

  /** The ledger of a job, newest first. */
  async listTicks(
    job: string,
    query: QueryOf<'GET /v1/jobs/{job}/ticks'> = {},
    call?: CallOptions,
  ): Promise<Page<Tick>> {
    return pageOf(await this.#transport.send('GET /v1/jobs/{job}/ticks', { path: { job }, query, call }));
  }

  async listJobExecutions(
    job: string,
    query: QueryOf<'GET /v1/jobs/{job}/executions'> = {},
    call?: CallOptions,
  ): Promise<Page<Execution>> {
    return pageOf(await this.#transport.send('GET /v1/jobs/{job}/executions', { path: { job }, query, call }));
  }

  async getJobExecution(job: string, execution: string, options?: ReadOptions): Promise<Execution> {
    const path = { job, execution };
    return this.#value('GET /v1/jobs/{job}/executions/{execution}', { path, ...reading(options) });
  }

  /** Forgets the executions of a job and sets its counters to zero. */
  async deleteJobExecutions(job: string, call?: CallOptions): Promise<Job> {
    return this.#value('DELETE /v1/jobs/{job}/executions', { path: { job }, call });
  }

  /** Executions of all jobs, newest first. */
  async listExecutions(query: QueryOf<'GET /v1/executions'> = {}, call?: CallOptions): Promise<Page<Execution>> {
    return pageOf(await this.#transport.send('GET /v1/executions', { query, call }));
  }

  async getExecution(id: string, options?: ReadOptions): Promise<Execution> {
    return this.#value('GET /v1/executions/{id}', { path: { id }, ...reading(options) });
  }

  /** What an execution has written so far: its kept head, a mark where bytes were left out, its tail. */
  async getOutput(id: string, options?: ReadOptions): Promise<string> {
    const request = { path: { id }, headers: { accept: 'text/plain' }, ...reading(options) };
    return (await this.#transport.send('GET /v1/executions/{id}/output', request)).text;
  }

  /** What an execution writes, as it does: first what is kept, then live, at last `end`. Opened anew when it breaks. */
  followOutput(id: string, call: Omit<CallOptions, 'timeoutMs'> = {}): AsyncGenerator<OutputEvent, void, undefined> {
    const connect = (_: string | undefined, signal: AbortSignal): Promise<Response> =>
      this.#stream('GET /v1/executions/{id}/output', { path: { id }, call: { ...call, signal } });
    return outputOf(follow(connect, this.#following(call)));
  }

  /** A running execution is `cancelled` only when its node confirms; see `state` of the answer. */
  async cancelExecution(id: string, call?: CallOptions): Promise<Execution> {
    return this.#value('POST /v1/executions/{id}/cancel', { path: { id }, call });
  }

  /** What runs now. */
  async busy(call?: CallOptions): Promise<Page<Execution>> {
    return pageOf(await this.#transport.send('GET /v1/busy', { call }));
  }

  /**
   * Changes as they happen. Opened anew when it breaks, from the event after the last one; `reset` comes when some may
   * have been missed.
   */
  followEvents(
    query: EventsQuery = {},
    options: FollowEventsOptions = {},
  ): AsyncGenerator<DkronEvent, void, undefined> {
    const { lastEventId, ...call } = options;
    const asked = { job: query.job, types: query.types?.join(',') };
    const connect = (id: string | undefined, signal: AbortSignal): Promise<Response> =>
      this.#stream('GET /v1/events', { query: asked, headers: { 'last-event-id': id }, call: { ...call, signal } });
    return changesOf(follow(connect, { ...this.#following(call), lastEventId }));
  }

  /** The next ticks of a schedule that need not belong to a job. */
  async previewSchedule(query: QueryOf<'GET /v1/schedules/preview'>, call?: CallOptions): Promise<Preview> {
    return this.#value('GET /v1/schedules/preview', { query, call });
  }

  /** All jobs as a backup, byte by byte: read it as it comes. */
  async exportJobs(call?: CallOptions): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.#transport.open('GET /v1/jobs', { call });
    return body ?? new Blob(['[]']).stream();
  }

  /** Stores a backup; a `Blob` of a file is read while it is sent. Nothing is stored when one job cannot be taken. */
  async restoreJobs(backup: Blob | string, call?: CallOptions): Promise<readonly RestoredJob[]> {
    const body = new FormData();
    body.append('file', typeof backup === 'string' ? new Blob([backup]) : backup, 'jobs.json');
    return restoredOf(await this.#transport.send('POST /v1/restore', { body, call, unlimited: true }));
  }

  /** Whether new jobs are refused. */
  submissionsPaused(call?: CallOptions): Promise<boolean> {
    return this.#switch('GET /v1/pause', call);
  }

  /** Refuses new jobs; what is stored goes on running. */
  pauseSubmissions(call?: CallOptions): Promise<boolean> {
    return this.#switch('POST /v1/pause', call);
  }

  resumeSubmissions(call?: CallOptions): Promise<boolean> {
    return this.#switch('POST /v1/unpause', call);
  }

  /** Whether the scheduled runs of the whole cluster are stopped. */
  schedulerPaused(call?: CallOptions): Promise<boolean> {
    return this.#switch('GET /v1/scheduler', call);
  }

  pauseScheduler(call?: CallOptions): Promise<boolean> {
    return this.#switch('POST /v1/scheduler/pause', call);
  }

  resumeScheduler(call?: CallOptions): Promise<boolean> {
    return this.#switch('POST /v1/scheduler/resume', call);
  }

  /** Attempts by UTC day, today last. */
  async stats(query: QueryOf<'GET /v1/stats'> = {}, call?: CallOptions): Promise<Stats['stats']> {
    return (await this.#value<Stats>('GET /v1/stats', { query, call })).stats;
  }

  async info(call?: CallOptions): Promise<Info> {
    return this.#value('GET /v1', { call });
  }

  async members(call?: CallOptions): Promise<Page<Member>> {
    return pageOf(await this.#transport.send('GET /v1/members', { call }));
  }

  /** What runs jobs, on which nodes, and the schema of its configuration. */
  async listExecutors(call?: CallOptions): Promise<Page<Offer>> {
    return pageOf(await this.#transport.send('GET /v1/executors', { call }));
  }

  /** The same of what passes on the output of jobs. */
  async listProcessors(call?: CallOptions): Promise<Page<Offer>> {
    return pageOf(await this.#transport.send('GET /v1/processors', { call }));
  }

  /** Undefined when no server leads. */
  async leader(call?: CallOptions): Promise<Leader | undefined> {
    const answer = await this.#transport.send('GET /v1/leader', { call, statuses: [500] });
    if (answer.status !== 500) return valueOf(answer);
    if (answer.text.trim() === 'null') return undefined;
    throw refusal('GET /v1/leader', answer);
  }

  /** Whether the server that answers leads. */
  async isLeader(call?: CallOptions): Promise<boolean> {
    return (await this.#transport.send('GET /v1/isleader', { call, statuses: [404] })).status === 200;
  }

  /** Also what an unhealthy server says. */
  async health(call?: CallOptions): Promise<Health> {
    return this.#value('GET /health', { call, statuses: [503] });
  }

  async debugVars(call?: CallOptions): Promise<DebugVars> {
    return this.#value('GET /debug/vars', { call });
  }

  /** Prometheus text; refused (404) without the setting `enable-prometheus`. */
  async metrics(call?: CallOptions): Promise<string> {
    return (await this.#transport.send('GET /metrics', { call })).text;
  }

  /** The description of the API. */
  async openApi(call?: CallOptions): Promise<AnswerOf<'GET /openapi.json'>> {
    return this.#value('GET /openapi.json', { call });
  }

  /** Stops the server that answers: it leaves the cluster and ends. The servers it leaves behind, by region. */
  async leave(call?: CallOptions): Promise<AnswerOf<'POST /v1/leave'>> {
    return this.#value('POST /v1/leave', { call });
  }

  /** Any route of the API, with the body as the server's text. Only GET is repeated. */
  async request<R extends Route>(route: R, request: RouteRequest<R>): Promise<Answer> {
    const { path, query, body, ...call } = request as CallOptions & Pick<Request, 'path' | 'query' | 'body'>;
    const isRaw = body === undefined || body instanceof FormData || body instanceof Blob;
    const encoded = isRaw ? body : encodeJson(body);
    return this.#transport.send(route, { path, query, body: encoded, call });
  }

  async #value<T>(route: Route, request: Request): Promise<T> {
    return valueOf(await this.#transport.send(route, request));
  }

  /** Setting a switch twice is as good as once. */
  async #switch(route: Route, call: CallOptions | undefined): Promise<boolean> {
    return (await this.#value<{ readonly paused: boolean }>(route, { call, repeatable: true })).paused;
  }

  async #stream(route: Route, request: Request): Promise<Response> {
    const headers = { ...request.headers, accept: EVENT_STREAM };
    const response = await this.#transport.open(route, { ...request, headers });
    const type = response.headers.get('content-type') ?? 'no type';
    if (type.startsWith(EVENT_STREAM)) return response;
    const message = `${route} was answered ${type}, expected ${EVENT_STREAM}: the server is too old for it`;
    throw new DkronApiError({ status: response.status, code: 'invalid_answer', message });
  }

  #following({ signal }: Pick<CallOptions, 'signal'>): FollowOptions {
    const { idleTimeoutMs, retryDelayMs } = this.#settings;
    return { signal, idleTimeoutMs, retryDelayMs };
  }
}

/** A version makes a repeated write harmless: it holds at most once, or nothing changes. `*` holds every time. */
function isVersion(ifMatch: string | undefined): boolean {
  return ifMatch !== undefined && ifMatch.trim() !== '*';
}

function reading({ consistent, ...call }: ReadOptions = {}): Request {
  return { query: consistent === true ? { consistent: 'true' } : {}, call };
}

function storing(job: JobInput, { ifMatch, ifNoneMatch, runOnCreate, ...call }: StoreOptions): Request {
  return {
    body: encodeJson(job),
    query: runOnCreate === true ? { runoncreate: 'true' } : {},
    headers: { 'if-match': ifMatch, 'if-none-match': ifNoneMatch },
    // An unchanged definition keeps its version, so that a second answer would run the job once more.
    repeatable: ifNoneMatch !== undefined || (isVersion(ifMatch) && runOnCreate !== true),
    call,
  };
}

function matching({ ifMatch, ...call }: CallOptions & IfMatch): Request {
  return { headers: { 'if-match': ifMatch }, repeatable: isVersion(ifMatch), call };
}

function running(
  { respectConcurrency, idempotencyKey, ...call }: RunOptions,
  query: QueryOf<'POST /v1/jobs/{job}/run'>,
): Request {
  return {
    query: { ...query, respect_concurrency: respectConcurrency === true ? 'true' : undefined },
    headers: { 'idempotency-key': idempotencyKey },
    repeatable: idempotencyKey !== undefined,
    call,
  };
}
