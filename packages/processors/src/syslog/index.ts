/** The `syslog` processor: outputs as messages to a syslog, local or remote. */
export type { SyslogProcessorOptions } from './syslog-processor.ts';
export { configSchema, syslogProcessor } from './syslog-processor.ts';
