/**
 * Hosts plugins of go-plugin as Dkron does: finds `dkron-executor-*` and `dkron-processor-*`, starts them, keeps them
 * up, and calls them. They are programs in whatever language; this process survives whatever they do.
 */
export { PluginError } from '../errors.ts';
export type { PluginErrorCode } from '../errors.ts';
export type { PluginKind } from '../settings.ts';
export type {
  HostedExecutor,
  HostedProcessor,
  PluginProcessorInput,
  PluginRunContext,
  PluginRunRequest,
  PluginRunResult,
} from './contracts.ts';
export { discoverPlugins } from './discover.ts';
export type { PluginFile } from './discover.ts';
export type { LifeCycleOptions, PluginState } from './life-cycle.ts';
export { PluginHost, withPlugins } from './plugin-host.ts';
export type { PluginHostModules, PluginHostOptions, PluginStatus } from './plugin-host.ts';
export type { PrintedOutput } from './session.ts';
