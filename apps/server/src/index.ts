/** The Dkron server as a function: `runServer` composes store, scheduler, worker and REST API and waits for the end. */
export type { ServerOptions } from './options.ts';
export { SERVER_DEFAULTS } from './options.ts';
export { runServer } from './run-server.ts';
