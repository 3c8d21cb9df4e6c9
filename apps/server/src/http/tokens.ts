export const NODE_CONTEXT = Symbol('NODE_CONTEXT');
export const JOBS_SERVICE = Symbol('JOBS_SERVICE');
