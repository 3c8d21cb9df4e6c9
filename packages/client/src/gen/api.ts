// Made of the OpenAPI document by `pnpm --filter @dkron/client run generate:types`; changes here are lost.

/** Where a backup is from */
export interface Backup {
  readonly software: string;
  readonly created_at: string;
  /** Server that saved it */
  readonly node: string;
  readonly region: string;
  readonly cluster_id: string;
  readonly index: number;
  readonly term: number;
  readonly feature_level: number;
  readonly members: readonly ({ readonly id: string; readonly address: string; readonly voter: boolean; })[];
}

/** What a server says of its process; secrets are cut out */
export interface DebugVars {
  /** Without secrets */
  readonly cmdline: readonly string[];
  readonly cron_entries: Readonly<Record<string, string>>;
  readonly memstats: Readonly<Record<string, number>>;
  readonly node: string;
  readonly scheduler_started: number;
}

/** What a create or replace would do */
export interface DryRun {
  readonly valid: true;
  /** As GET would show it */
  readonly job: Job;
  /** The next runs, at most 5 */
  readonly next: readonly string[];
  /** What is allowed and probably not meant */
  readonly warnings: readonly string[];
}

export interface Error {
  /** The original's text, or a sentence */
  readonly error: string;
  readonly code: "invalid_json" | "invalid_value" | "unknown_zone" | "invalid_schedule" | "parent_not_found" | "parent_cycle" | "has_children" | "not_found" | "disabled" | "no_targets" | "forbidden_overlap" | "already_finished" | "not_supported" | "precondition_failed" | "paused" | "no_leader" | "too_large" | "origin_not_allowed" | "method_not_allowed" | "unsupported_media_type" | "internal";
  /** Path of the value, query key or header; empty = the whole */
  readonly field: string;
  /** As sent, at most 200 characters */
  readonly value?: string;
  readonly allowed: string | null;
  /** 1-based place of the fault in the value */
  readonly column: number | null;
  /** All findings, the first one too */
  readonly problems: readonly Problem[];
}

/** An attempt on one node. Keys without a value are left out. */
export interface Execution {
  /** `<number>-<node>`, for ever the same */
  readonly id?: string;
  readonly job_name?: string;
  /** The node's clock at the real start; year 1 before */
  readonly started_at: string;
  /** Year 1 while it runs */
  readonly finished_at: string;
  readonly success: boolean;
  /** At most its last 256,000 bytes */
  readonly output?: string;
  readonly node_name?: string;
  /** The run: equal for all nodes and attempts */
  readonly group?: bigint;
  /** From 1 */
  readonly attempt?: number;
  /** In lists only */
  readonly output_truncated?: boolean;
  readonly state: "pending" | "running" | "success" | "failed" | "lost" | "cancelled";
  readonly trigger: "schedule" | "catchup" | "manual" | "create" | "parent";
  /** The scheduled instant */
  readonly tick?: string;
  /** Of an end without success */
  readonly reason?: "exit" | "timeout" | "executor" | "unreachable" | "lease" | "restart" | "cancelled";
  readonly exit_code?: number;
  readonly duration_ms?: number;
}

/** Whether the server works, and leads */
export interface Health {
  readonly leader: boolean;
  readonly status: "healthy" | "unhealthy";
  readonly issues?: readonly string[];
}

/** The server that answered, its gossip and its tags */
export interface Info {
  readonly agent: { readonly name: string; readonly version: string; };
  /** Counters of gossip */
  readonly serf: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A job. Keys from `dst_gap` on are left out while they hold their default. */
export interface Job {
  /** The name */
  readonly id: string;
  /** Unique: lower-case letters, digits, `_` and `-` */
  readonly name: string;
  /** Shown in place of the name */
  readonly displayname: string;
  /** IANA zone of the schedule; empty = the cluster's */
  readonly timezone: string;
  /** Six fields with seconds, a descriptor such as `@daily`, `@every 1h`, `@at`, `@after` or `@manually`; empty only with a parent */
  readonly schedule: string;
  /** Who looks after the job */
  readonly owner: string;
  /** Who is told when it fails */
  readonly owner_email: string;
  /** Attempts that ended well */
  readonly success_count: number;
  /** Attempts that failed */
  readonly error_count: number;
  /** End of the last one that ended well */
  readonly last_success: string | null;
  /** End of the last one that failed */
  readonly last_error: string | null;
  /** Not run by schedule */
  readonly disabled: boolean;
  /** Nodes to run on: `value` or `value:count`; null = every node of the region */
  readonly tags: Readonly<Record<string, string>> | null;
  /** For the user; the list can be filtered by it */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Further attempts after a failed one */
  readonly retries: number;
  /** Children, kept by the server */
  readonly dependent_jobs: readonly string[] | null;
  /** Run when this job has succeeded */
  readonly parent_job: string;
  readonly processors: Readonly<Record<string, Readonly<Record<string, string>> | null>> | null;
  /** `forbid` = no scheduled run while another is open */
  readonly concurrency: "allow" | "forbid" | "";
  /** What runs it, e.g. `shell` or `http` */
  readonly executor: string;
  /** Its configuration, e.g. `command` */
  readonly executor_config: Readonly<Record<string, string>> | null;
  /** Of the last run; empty = never ran */
  readonly status: string;
  /** Next run; year 1 = none */
  readonly next: string;
  /** Deleted after its first success */
  readonly ephemeral: boolean;
  /** Not run before */
  readonly starts_at: string | null;
  /** Not run after */
  readonly expires_at: string | null;
  /** Readings a clock change leaves out: none runs, or one right after; default `skip` */
  readonly dst_gap?: "skip" | "after";
  /** Readings that occur twice: which pass runs; default `both` */
  readonly dst_overlap?: "both" | "first" | "last";
  /** Late ticks, e.g. after an outage: none, the newest, or all of them run; default `skip` */
  readonly catchup?: "skip" | "last" | "all";
  /** Older ticks never run: duration, 1s to 8760h; default `24h` */
  readonly catchup_window?: string;
  /** Of an attempt: duration such as `90s`; default none */
  readonly timeout?: string;
  /** Why the stored job cannot be scheduled */
  readonly problem?: string;
}

/** A job was stored, toggled, deleted, or its counters changed */
export interface JobChange {
  readonly name: string;
  readonly change: "put" | "delete" | "toggle" | "counters";
}

/** The job as submitted, with the defaults put in; GET shows the stored one. */
export interface JobEcho {
  /** The name */
  readonly id: string;
  /** Unique: lower-case letters, digits, `_` and `-` */
  readonly name: string;
  /** Shown in place of the name */
  readonly displayname: string;
  /** IANA zone of the schedule; empty = the cluster's */
  readonly timezone: string;
  /** Six fields with seconds, a descriptor such as `@daily`, `@every 1h`, `@at`, `@after` or `@manually`; empty only with a parent */
  readonly schedule: string;
  /** Who looks after the job */
  readonly owner: string;
  /** Who is told when it fails */
  readonly owner_email: string;
  readonly success_count: number | bigint;
  readonly error_count: number | bigint;
  /** End of the last one that ended well */
  readonly last_success: string | null;
  /** End of the last one that failed */
  readonly last_error: string | null;
  /** Not run by schedule */
  readonly disabled: boolean;
  /** Nodes to run on: `value` or `value:count`; null = every node of the region */
  readonly tags: Readonly<Record<string, string>> | null;
  /** For the user; the list can be filtered by it */
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly retries: number | bigint;
  /** Children, kept by the server */
  readonly dependent_jobs: readonly string[] | null;
  /** Run when this job has succeeded */
  readonly parent_job: string;
  readonly processors: Readonly<Record<string, Readonly<Record<string, string>> | null>> | null;
  /** `forbid` = no scheduled run while another is open */
  readonly concurrency: "allow" | "forbid" | "";
  /** What runs it, e.g. `shell` or `http` */
  readonly executor: string;
  /** Its configuration, e.g. `command` */
  readonly executor_config: Readonly<Record<string, string>> | null;
  /** Of the last run; empty = never ran */
  readonly status: string;
  /** Next run; year 1 = none */
  readonly next: string;
  /** Deleted after its first success */
  readonly ephemeral: boolean;
  /** Not run before */
  readonly starts_at: string | null;
  /** Not run after */
  readonly expires_at: string | null;
  /** Readings a clock change leaves out: none runs, or one right after; default `skip` */
  readonly dst_gap?: "skip" | "after";
  /** Readings that occur twice: which pass runs; default `both` */
  readonly dst_overlap?: "both" | "first" | "last";
  /** Late ticks, e.g. after an outage: none, the newest, or all of them run; default `skip` */
  readonly catchup?: "skip" | "last" | "all";
  /** Older ticks never run: duration, 1s to 8760h; default `24h` */
  readonly catchup_window?: string;
  /** Of an attempt: duration such as `90s`; default none */
  readonly timeout?: string;
  /** Why the stored job cannot be scheduled */
  readonly problem?: string;
}

/** The job as it shall be: there is no partial update. Absent and null mean the default; unknown keys are ignored; the letter case of keys does not count. Counters, dates of runs and `status` count for a job that is not stored yet. */
export interface JobInput {
  /** The name */
  readonly id?: string | null | undefined;
  /** Unique: lower-case letters, digits, `_` and `-` */
  readonly name: string;
  /** Shown in place of the name */
  readonly displayname?: string | null | undefined;
  /** IANA zone of the schedule; empty = the cluster's */
  readonly timezone?: string | null | undefined;
  /** Six fields with seconds, a descriptor such as `@daily`, `@every 1h`, `@at`, `@after` or `@manually`; empty only with a parent */
  readonly schedule?: string | null | undefined;
  /** Who looks after the job */
  readonly owner?: string | null | undefined;
  /** Who is told when it fails */
  readonly owner_email?: string | null | undefined;
  /** Attempts that ended well */
  readonly success_count?: number | bigint | null | undefined;
  /** Attempts that failed */
  readonly error_count?: number | bigint | null | undefined;
  /** End of the last one that ended well */
  readonly last_success?: string | "" | null | undefined;
  /** End of the last one that failed */
  readonly last_error?: string | "" | null | undefined;
  /** Not run by schedule */
  readonly disabled?: boolean | null | undefined;
  /** Nodes to run on: `value` or `value:count`; null = every node of the region */
  readonly tags?: Readonly<Record<string, string | null>> | null | undefined;
  /** For the user; the list can be filtered by it */
  readonly metadata?: Readonly<Record<string, string | null>> | null | undefined;
  /** Further attempts after a failed one */
  readonly retries?: number | bigint | null | undefined;
  /** Children, kept by the server */
  readonly dependent_jobs?: readonly (string | null)[] | null | undefined;
  /** Run when this job has succeeded */
  readonly parent_job?: string | null | undefined;
  /** Processor of the output, and its configuration */
  readonly processors?: Readonly<Record<string, Readonly<Record<string, string | null>> | null>> | null | undefined;
  /** `forbid` = no scheduled run while another is open */
  readonly concurrency?: "allow" | "forbid" | "" | null | undefined;
  /** What runs it, e.g. `shell` or `http` */
  readonly executor?: string | null | undefined;
  /** Its configuration, e.g. `command` */
  readonly executor_config?: Readonly<Record<string, string | null>> | null | undefined;
  /** Of the last run; empty = never ran */
  readonly status?: string | null | undefined;
  /** Next run; year 1 = none */
  readonly next?: string | null | undefined;
  /** Deleted after its first success */
  readonly ephemeral?: boolean | null | undefined;
  /** Not run before */
  readonly starts_at?: string | "" | null | undefined;
  /** Not run after */
  readonly expires_at?: string | "" | null | undefined;
  /** Readings a clock change leaves out: none runs, or one right after; default `skip` */
  readonly dst_gap?: "skip" | "after" | null | undefined;
  /** Readings that occur twice: which pass runs; default `both` */
  readonly dst_overlap?: "both" | "first" | "last" | null | undefined;
  /** Late ticks, e.g. after an outage: none, the newest, or all of them run; default `skip` */
  readonly catchup?: "skip" | "last" | "all" | null | undefined;
  /** Older ticks never run: duration, 1s to 8760h; default `24h` */
  readonly catchup_window?: string | null | undefined;
  /** Of an attempt: duration such as `90s`; default none */
  readonly timeout?: string | null | undefined;
}

/** The member of the gossip pool that leads */
export interface Leader {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>> | null;
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed */
  readonly Status: number;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
}

/** A member of the gossip pool: alive, failed, or left */
export interface Member {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>> | null;
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed */
  readonly Status: number;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
  readonly id: string;
  readonly statusText: "none" | "alive" | "leaving" | "left" | "failed";
}

/** An executor or a processor; nodes where it differs are told apart. */
export interface Offer {
  /** As jobs name it */
  readonly name: string;
  /** Part of the nodes, or a program that they host */
  readonly source: "built_in" | "plugin";
  /** Where it can be used now */
  readonly nodes: readonly string[];
  /** Where it is down */
  readonly unavailable: readonly string[];
  /** JSON Schema of its configuration; null = it does not tell */
  readonly config_schema: Readonly<Record<string, unknown>> | null;
}

/** A piece of output, in order */
export interface OutputPiece {
  /** From 0, without gaps */
  readonly seq: number;
  readonly text: string;
}

export interface Paused {
  readonly paused: boolean;
}

/** A schedule in words, and its next instants */
export interface Preview {
  /** As asked */
  readonly schedule: string;
  /** With numbers in place of `~` */
  readonly resolved: string;
  readonly timezone: string;
  /** The schedule in words */
  readonly description: string;
  readonly next: readonly PreviewTick[];
  /** There is no further tick */
  readonly complete: boolean;
}

/** An instant at which a schedule is due */
export interface PreviewTick {
  /** The instant, in UTC */
  readonly tick: string;
  /** The same in the schedule's zone, with its offset */
  readonly local: string;
  /** What a clock change does: `gap` a run before this one is left out, `overlap_first`/`overlap_last` the reading occurs twice, `moved` due because of readings inside a gap */
  readonly notes: readonly ("gap" | "overlap_first" | "overlap_last" | "moved")[];
}

/** One thing that is wrong with a request */
export interface Problem {
  /** The original's text, or a sentence */
  readonly error: string;
  readonly code: "invalid_json" | "invalid_value" | "unknown_zone" | "invalid_schedule" | "parent_not_found" | "parent_cycle" | "has_children" | "not_found" | "disabled" | "no_targets" | "forbidden_overlap" | "already_finished" | "not_supported" | "precondition_failed" | "paused" | "no_leader" | "too_large" | "origin_not_allowed" | "method_not_allowed" | "unsupported_media_type" | "internal";
  /** Path of the value, query key or header; empty = the whole */
  readonly field: string;
  /** As sent, at most 200 characters */
  readonly value?: string;
  readonly allowed: string | null;
  /** 1-based place of the fault in the value */
  readonly column: number | null;
}

export interface Restored {
  readonly restored: true;
  readonly jobs: number;
  /** Entry of the log from which on the cluster has this state */
  readonly index: number;
  readonly backup: Backup;
}

/** A run that was begun and is not waited for */
export interface Started {
  readonly job_name: string;
  readonly group: bigint;
  readonly executions: readonly string[];
}

/** One entry per UTC day, oldest first, today last. */
export interface Stats {
  readonly stats: readonly ({ readonly date: string; readonly success_count: number; readonly failed_count: number; })[];
}

/** What became of a scheduled instant, or of a start by hand. */
export interface Tick {
  readonly job_name: string;
  readonly tick: string;
  readonly last_tick: string;
  /** How many consecutive ticks the entry stands for */
  readonly count: number;
  /** `released` (`forbid_hold`): no tick, but the moment from which the job may overlap with a lost execution whose end its node never confirmed */
  readonly decision: "run" | "skipped" | "missed" | "released";
  readonly reason: "" | "forbid" | "disabled" | "paused" | "expired" | "not_started" | "no_targets" | "skip" | "last" | "limit" | "window" | "forbid_hold";
  readonly trigger: "schedule" | "catchup" | "manual" | "create" | "parent";
  readonly decided_at: string;
  readonly group?: bigint;
  /** Their ids, where something ran or was released */
  readonly executions?: readonly string[];
}

/** Every method of every path: what it is asked, and what it answers when it succeeds. */
export interface Routes {
  /** List jobs */
  'GET /v1/jobs': {
    readonly query: {
      /** Key to sort by; absent = `id` */
      readonly _sort?: "id" | "name" | "displayname" | "schedule" | "success_count" | "error_count" | "last_success" | "last_error" | "next" | undefined;
      /** `DESC` or `ASC`; absent = `ASC` */
      readonly _order?: string | undefined;
      /** First position of the page, from 0 */
      readonly _start?: number | undefined;
      /** Position after the last; absent = all */
      readonly _end?: number | undefined;
      /** Part of `name` or `displayname` */
      readonly q?: string | undefined;
      /** Exact; `untriggered` = never ran */
      readonly status?: string | undefined;
      /** `true` or `false` */
      readonly disabled?: string | undefined;
      /** Jobs whose metadata has this value; for any key, repeatable */
      readonly [key: `metadata[${string}]`]: string | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: readonly Job[];
    };
  };
  /** Create or replace a job */
  'POST /v1/jobs': {
    readonly query: {
      /** Present with any value: run the job at once */
      readonly runoncreate?: string | undefined;
      /** `true`: judge the job and store nothing */
      readonly dry_run?: "0" | "1" | "true" | "false" | undefined;
    };
    readonly body: JobInput;
    readonly answers: {
      readonly 200: DryRun;
      readonly 201: JobEcho;
    };
  };
  /** Create or replace a job, the same */
  'PATCH /v1/jobs': {
    readonly query: {
      /** Present with any value: run the job at once */
      readonly runoncreate?: string | undefined;
      /** `true`: judge the job and store nothing */
      readonly dry_run?: "0" | "1" | "true" | "false" | undefined;
    };
    readonly body: JobInput;
    readonly answers: {
      readonly 200: DryRun;
      readonly 201: JobEcho;
    };
  };
  /** Create or replace a job, the same */
  'PUT /v1/jobs/{job}': {
    readonly path: { readonly job: string; };
    readonly query: {
      /** Present with any value: run the job at once */
      readonly runoncreate?: string | undefined;
      /** `true`: judge the job and store nothing */
      readonly dry_run?: "0" | "1" | "true" | "false" | undefined;
    };
    readonly body: JobInput;
    readonly answers: {
      readonly 200: DryRun;
      readonly 201: JobEcho;
    };
  };
  /** Show a job */
  'GET /v1/jobs/{job}': {
    readonly path: { readonly job: string; };
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Job;
    };
  };
  /** Delete a job */
  'DELETE /v1/jobs/{job}': {
    readonly path: { readonly job: string; };
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Job;
    };
  };
  /** Run a job now */
  'POST /v1/jobs/{job}': {
    readonly path: { readonly job: string; };
    readonly query: {
      /** `false`: answer 202 when the start is committed */
      readonly wait?: "0" | "1" | "true" | "false" | undefined;
      /** `true`: 409 while a run of a `forbid` job is open */
      readonly respect_concurrency?: "0" | "1" | "true" | "false" | undefined;
    };
    readonly answers: {
      readonly 200: Job;
      readonly 202: Started;
    };
  };
  /** Run a job now */
  'POST /v1/jobs/{job}/run': {
    readonly path: { readonly job: string; };
    readonly query: {
      /** `false`: answer 202 when the start is committed */
      readonly wait?: "0" | "1" | "true" | "false" | undefined;
      /** `true`: 409 while a run of a `forbid` job is open */
      readonly respect_concurrency?: "0" | "1" | "true" | "false" | undefined;
    };
    readonly answers: {
      readonly 200: Job;
      readonly 202: Started;
    };
  };
  /** Enable or disable a job */
  'POST /v1/jobs/{job}/toggle': {
    readonly path: { readonly job: string; };
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Job;
    };
  };
  /** Store a backup */
  'POST /v1/restore': {
    readonly query: Readonly<Record<string, never>>;
    readonly body: FormData;
    readonly answers: {
      readonly 200: string;
    };
  };
  /** List executions of a job */
  'GET /v1/jobs/{job}/executions': {
    readonly path: { readonly job: string; };
    readonly query: {
      readonly _sort?: "id" | "started_at" | "finished_at" | "attempt" | undefined;
      /** `DESC` or `ASC`; absent = `DESC` */
      readonly _order?: string | undefined;
      /** First position of the page, from 0 */
      readonly _start?: number | undefined;
      /** Position after the last; absent = all */
      readonly _end?: number | undefined;
      /** Keep the last bytes of the output; absent = all */
      readonly output_size_limit?: number | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: readonly Execution[];
    };
  };
  /** Forget the executions of a job */
  'DELETE /v1/jobs/{job}/executions': {
    readonly path: { readonly job: string; };
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Job;
    };
  };
  /** Show an execution of a job */
  'GET /v1/jobs/{job}/executions/{execution}': {
    readonly path: { readonly job: string; readonly execution: string; };
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Execution;
    };
  };
  /** List what runs now */
  'GET /v1/busy': {
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: readonly Execution[];
    };
  };
  /** List executions of all jobs */
  'GET /v1/executions': {
    readonly query: {
      readonly job?: string | undefined;
      /** Repeatable: any of them */
      readonly state?: "pending" | "running" | "success" | "failed" | "lost" | "cancelled" | readonly ("pending" | "running" | "success" | "failed" | "lost" | "cancelled")[] | undefined;
      readonly node?: string | undefined;
      readonly trigger?: "schedule" | "catchup" | "manual" | "create" | "parent" | undefined;
      readonly group?: number | bigint | undefined;
      /** Earliest `started_at` */
      readonly from?: string | undefined;
      /** Latest `started_at` */
      readonly to?: string | undefined;
      /** Absent = by the number in the id */
      readonly _sort?: "started_at" | "finished_at" | undefined;
      /** Absent = `DESC` */
      readonly _order?: "DESC" | "ASC" | undefined;
      /** First position of the page, from 0 */
      readonly _start?: number | undefined;
      /** Position after the last; absent = 100 after `_start` */
      readonly _end?: number | undefined;
      /** Keep the last bytes of the output; absent = 0 */
      readonly output_size_limit?: number | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: readonly Execution[];
    };
  };
  /** Show an execution */
  'GET /v1/executions/{id}': {
    readonly path: { readonly id: string; };
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Execution;
    };
  };
  /** Read the output of an execution */
  'GET /v1/executions/{id}/output': {
    readonly path: { readonly id: string; };
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: string;
    };
  };
  /** Cancel an execution */
  'POST /v1/executions/{id}/cancel': {
    readonly path: { readonly id: string; };
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Execution;
      readonly 202: Execution;
    };
  };
  /** List what became of each tick of a job */
  'GET /v1/jobs/{job}/ticks': {
    readonly path: { readonly job: string; };
    readonly query: {
      readonly decision?: "run" | "skipped" | "missed" | "released" | undefined;
      readonly reason?: "forbid" | "disabled" | "paused" | "expired" | "not_started" | "no_targets" | "skip" | "last" | "limit" | "window" | "forbid_hold" | undefined;
      readonly trigger?: "schedule" | "catchup" | "manual" | "create" | "parent" | undefined;
      /** Earliest `tick` */
      readonly from?: string | undefined;
      /** Latest `tick` */
      readonly to?: string | undefined;
      /** Absent = `DESC` */
      readonly _order?: "DESC" | "ASC" | undefined;
      /** First position of the page, from 0 */
      readonly _start?: number | undefined;
      /** Position after the last; absent = 100 after `_start` */
      readonly _end?: number | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: readonly Tick[];
    };
  };
  /** Follow changes as they happen */
  'GET /v1/events': {
    readonly query: {
      /** Only what concerns this job */
      readonly job?: string | undefined;
      /** Only these: a comma list of job, tick, execution */
      readonly types?: string | undefined;
    };
    readonly answers: {
      readonly 200: string;
    };
  };
  /** The next ticks of a schedule, and what it says in words */
  'GET /v1/schedules/preview': {
    readonly query: {
      /** Schedule text, as in a job */
      readonly schedule: string;
      /** Time zone; absent = the cluster's */
      readonly timezone?: string | undefined;
      /** Name of the job, for `~` in the schedule */
      readonly job?: string | undefined;
      /** As in a job */
      readonly dst_gap?: "skip" | "after" | undefined;
      /** As in a job */
      readonly dst_overlap?: "both" | "first" | "last" | undefined;
      /** Ticks after this instant; absent = now */
      readonly from?: string | undefined;
      /** How many ticks; absent = 5 */
      readonly count?: number | undefined;
    };
    readonly answers: {
      readonly 200: Preview;
    };
  };
  /** Show this server */
  'GET /v1': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Info;
    };
  };
  /** List the nodes */
  'GET /v1/members': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: readonly Member[];
    };
  };
  /** Show the leader */
  'GET /v1/leader': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Leader;
    };
  };
  /** Whether this server leads */
  'GET /v1/isleader': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: string;
    };
  };
  /** Count attempts by day */
  'GET /v1/stats': {
    readonly query: {
      /** How many days, 1 to 365; absent = 30 */
      readonly days?: number | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Stats;
    };
  };
  /** List what runs jobs */
  'GET /v1/executors': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: readonly Offer[];
    };
  };
  /** List what passes on the output of jobs */
  'GET /v1/processors': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: readonly Offer[];
    };
  };
  /** Whether new jobs are refused */
  'GET /v1/pause': {
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Refuse new jobs; what is stored goes on running */
  'POST /v1/pause': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Take new jobs again */
  'POST /v1/unpause': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Whether scheduled runs are stopped */
  'GET /v1/scheduler': {
    readonly query: {
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Stop the scheduled runs of the whole cluster */
  'POST /v1/scheduler/pause': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Resume the scheduled runs */
  'POST /v1/scheduler/resume': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Paused;
    };
  };
  /** Save the state of the cluster */
  'GET /v1/snapshot': {
    readonly query: {
      /** `true`: what this server knows, whether or not any server leads */
      readonly stale?: string | undefined;
      /** The key alone or `true`: answer only with all that was committed before; 503 when no server leads */
      readonly consistent?: "true" | "false" | "1" | "0" | undefined;
    };
    readonly answers: {
      readonly 200: string;
    };
  };
  /** Restore the state of the cluster */
  'PUT /v1/snapshot': {
    readonly query: Readonly<Record<string, never>>;
    readonly body: Blob;
    readonly answers: {
      readonly 200: Restored;
    };
  };
  /** Stop this server */
  'POST /v1/leave': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Readonly<Record<string, unknown>>;
    };
  };
  /** Whether this server works */
  'GET /health': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Health;
    };
  };
  /** Inner figures */
  'GET /debug/vars': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: DebugVars;
    };
  };
  /** Metrics for Prometheus */
  'GET /metrics': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: string;
    };
  };
  /** To the user interface */
  'GET /': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
    };
  };
  /** The user interface */
  'GET /ui/{file}': {
    readonly path: { readonly file: string; };
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: string;
      readonly 206: string;
    };
  };
  /** This description as OpenAPI 3.1 */
  'GET /openapi.json': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: Readonly<Record<string, unknown>>;
    };
  };
  /** This description to read */
  'GET /docs': {
    readonly query: Readonly<Record<string, never>>;
    readonly answers: {
      readonly 200: string;
    };
  };
}
