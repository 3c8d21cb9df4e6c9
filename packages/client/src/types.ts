import type { Decision, EndReason, ExecutionState, MissReason, SkipReason, Trigger } from '@dkron/jobs';

type Map = Record<string, string> | null;

/** A job as GET shows it. Times are RFC 3339 texts; `next` is year 1 where there is none. */
export interface ApiJob {
  readonly id: string;
  readonly name: string;
  readonly displayname: string;
  readonly timezone: string;
  readonly schedule: string;
  readonly owner: string;
  readonly owner_email: string;
  readonly success_count: number;
  readonly error_count: number;
  readonly last_success: string | null;
  readonly last_error: string | null;
  readonly disabled: boolean;
  readonly tags: Map;
  readonly metadata: Map;
  readonly retries: number;
  readonly dependent_jobs: readonly string[] | null;
  readonly parent_job: string;
  readonly processors: Record<string, Map> | null;
  readonly concurrency: string;
  readonly executor: string;
  readonly executor_config: Map;
  readonly status: string;
  readonly next: string;
  readonly ephemeral: boolean;
  readonly starts_at: string | null;
  readonly expires_at: string | null;
  readonly dst_gap?: 'skip' | 'after';
  readonly dst_overlap?: 'both' | 'first' | 'last';
  readonly catchup?: 'skip' | 'last' | 'all';
  readonly catchup_window?: string;
  readonly timeout?: string;
  readonly problem?: string;
}

/** What a create takes: the name, and whatever differs from the defaults. */
export type ApiJobInput = Partial<ApiJob> & { readonly name: string };

export interface ApiExecution {
  readonly id: string;
  readonly job_name: string;
  readonly started_at: string;
  /** Year 1 while it runs. */
  readonly finished_at: string;
  readonly success: boolean;
  readonly output?: string;
  readonly output_truncated?: boolean;
  readonly node_name: string;
  /** Nanoseconds, exact. */
  readonly group: bigint;
  readonly attempt: number;
  readonly state: ExecutionState;
  readonly trigger: Trigger;
  readonly tick?: string;
  readonly reason?: EndReason;
  readonly exit_code?: number;
  readonly duration_ms?: number;
}

export interface ApiTick {
  readonly job_name: string;
  readonly tick: string;
  readonly last_tick: string;
  readonly count: number;
  readonly decision: Decision;
  readonly reason: '' | SkipReason | MissReason;
  readonly trigger: Trigger;
  readonly decided_at: string;
  readonly group?: bigint;
  readonly executions?: readonly string[];
}

export interface ApiMember {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Record<string, string>;
  readonly Status: number;
  readonly statusText?: string;
}

/** Answer of a run that is not waited for. */
export interface ApiRun {
  readonly job_name: string;
  readonly group: bigint;
  readonly executions: readonly string[];
}

/** What `previewSchedule` is asked. */
export interface ApiPreviewQuery {
  readonly schedule: string;
  /** IANA zone; absent = the cluster's. */
  readonly timezone?: string | undefined;
  /** Name of the job, for `~` in the schedule. */
  readonly job?: string | undefined;
  readonly dst_gap?: 'skip' | 'after' | undefined;
  readonly dst_overlap?: 'both' | 'first' | 'last' | undefined;
  /** RFC 3339; absent = now. */
  readonly from?: string | undefined;
  /** Number of ticks, 1–100; absent = 5. */
  readonly count?: number | undefined;
}

export interface ApiPreview {
  readonly schedule: string;
  /** With a value in place of `~`. */
  readonly resolved: string;
  readonly timezone: string;
  /** The schedule in words. */
  readonly description: string;
  readonly next: readonly {
    readonly tick: string;
    /** With the offset of the zone. */
    readonly local: string;
    readonly notes: readonly ('gap' | 'overlap_first' | 'overlap_last' | 'moved')[];
  }[];
  /** There is no further tick. */
  readonly complete: boolean;
}

export interface ApiHealth {
  readonly status: 'healthy' | 'unhealthy';
  readonly leader: boolean;
  readonly issues?: readonly string[];
}

export interface ApiInfo {
  readonly agent: { readonly name: string; readonly version: string };
  readonly serf: Record<string, string>;
  readonly tags: Record<string, string>;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How many there are in all. */
  readonly total: number;
}

/** Query of a list; keys as the API names them, e.g. `_start`, `_end`, `q`, `metadata[team]`. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
