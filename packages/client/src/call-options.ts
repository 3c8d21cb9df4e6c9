import type { Job, JobInput, Routes } from './gen/api.ts';
import type { CallOptions } from './options.ts';
import type { BodyOf, PathOf, QueryOf, Route } from './route.ts';

/** Compared with the stored job: its definition must be the one of this ETag. A request with it may be repeated. */
export interface IfMatch {
  readonly ifMatch?: string | undefined;
}

/** Options of a call that reads. */
export interface ReadOptions extends CallOptions {
  /** Answer only with all that was committed before, whichever server answers; 503 when none leads. */
  readonly consistent?: boolean | undefined;
}

/** Options of a call that stores a job. */
export interface StoreOptions extends CallOptions, IfMatch {
  /** `'*'`: only if there is no such job. */
  readonly ifNoneMatch?: '*' | undefined;
  /** Also run it at once. */
  readonly runOnCreate?: boolean | undefined;
}

/** Options of a call that runs a job. */
export interface RunOptions extends CallOptions {
  /** Refuse (409) while a run of a `forbid` job is open. */
  readonly respectConcurrency?: boolean | undefined;
  /** The same key within 10 minutes = the same run. A request with it may be repeated. */
  readonly idempotencyKey?: string | undefined;
}

/** Which events are wanted; what is absent restricts nothing. */
export interface EventsQuery {
  /** Only what concerns this job. */
  readonly job?: string | undefined;
  readonly types?: readonly ('job' | 'tick' | 'execution')[] | undefined;
}

/** Options of a stream of events. */
export interface FollowEventsOptions extends Omit<CallOptions, 'timeoutMs'> {
  /** `id` of the last event that was dealt with; absent = begin with what comes next. */
  readonly lastEventId?: string | undefined;
}

/** What `updateJob` is given: makes the new definition of the job from the stored one; undefined = leave it. */
export type JobChanger = (job: Job) => JobInput | undefined | Promise<JobInput | undefined>;

/** Of a request by its route. */
export type RouteRequest<R extends Route> = CallOptions & {
  readonly query?: QueryOf<R> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
} & (Routes[R] extends { readonly path: unknown } ? { readonly path: PathOf<R> } : { readonly path?: undefined }) &
  (Routes[R] extends { readonly body: unknown } ? { readonly body: BodyOf<R> } : { readonly body?: undefined });
