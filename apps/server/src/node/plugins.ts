import { StartError } from '@dkron/config/parts';
import { PluginHost } from '@dkron/plugins/host';
import type { ServerOptions } from '../options.ts';
import type { Environment } from './environment.ts';

/** The node has these itself, whatever programs there are. */
const OWN = ['executor-shell', 'executor-http'];

/**
 * Starts the plugins of this node. What they need for that does not hold up the node, unless `strictPlugins`: then one
 * that does not start is a {@link StartError}.
 */
export async function startPlugins(options: ServerOptions, environment: Environment): Promise<PluginHost> {
  const { pluginFolders: folders, pluginEnv: passEnvironment, pluginMemory: memoryBytesMax, strictPlugins } = options;
  const host = new PluginHost({ folders, except: OWN, passEnvironment, memoryBytesMax }, environment);
  environment.unwind.add(() => host.close());
  const started = host.start();
  if (!strictPlugins) return host;
  await started;
  const failed = host.status().find(({ error }) => error !== undefined);
  if (failed) throw new StartError('plugin', failed.error!, { option: 'strict-plugins', value: failed.path });
  return host;
}
