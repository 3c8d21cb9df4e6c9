export const METRICS_REGISTRY = Symbol('METRICS_REGISTRY');
export const UI_ASSETS = Symbol('UI_ASSETS');
export const NODE_CONTEXT = Symbol('NODE_CONTEXT');
export const RESTORE_SERVICE = Symbol('RESTORE_SERVICE');
export const JOBS_SERVICE = Symbol('JOBS_SERVICE');
export const EVENTS = Symbol('EVENTS');
export const JOB_READS = Symbol('JOB_READS');
