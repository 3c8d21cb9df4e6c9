/** Real server processes on free ports of this machine. */
export type { ServerProcessOptions } from './server-process.ts';
export { freePort, ServerProcess } from './server-process.ts';
