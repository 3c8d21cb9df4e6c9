/** What hosts and plugins of Dkron agree on. The cookie only keeps people from starting plugins by hand. */
export const COOKIE = {
  variable: 'DKRON_PLUGIN_MAGIC_COOKIE',
  value: 'b29a76488b6f3ca7955c5f769b50641f0fcd88748d8cedecda313d516320ca19',
} as const;

/** The version of the application's protocol that all speak. */
export const APP_VERSION = 1;
/** Ours alone, for processors: gRPC instead of net/rpc, so that other languages need no gob. */
export const GRPC_PROCESSOR_VERSION = 2;
export const CORE_VERSION = 1;

/** What a plugin is asked for, and what the middle of its file name says. */
export type PluginKind = 'executor' | 'processor';

/** Newest first. An old service has an old callback. */
export const EXECUTE_PATHS = [
  '/types.v1.ExecutorService/Execute',
  '/types.Executor/Execute',
  '/dkron.Executor/Execute',
] as const;
export const UPDATE_PATHS: readonly string[] = ['/types.v1.StatusHelperService/Update', '/types.StatusHelper/Update'];

/** Of processors that speak gRPC. */
export const PROCESS_PATH = '/types.v1.ProcessorService/Process';

export const HEALTH_CHECK_PATH = '/grpc.health.v1.Health/Check';
export const BROKER_PATH = '/plugin.GRPCBroker/StartStream';
export const STDIO_PATH = '/plugin.GRPCStdio/StreamStdio';
export const SHUTDOWN_PATH = '/plugin.GRPCController/Shutdown';

/**
 * Ours alone: by this header after its answer a plugin says that it has not connected to the status server of the run and
 * never will.
 */
export const STATUS_SERVER_TRAILER = 'dkron-status-server';
export const UNUSED = 'unused';
