import { DkronError } from '@dkron/runtime';

/** Why bytes of a plugin, or of its host, were refused. */
export type PluginWireErrorCode =
  /** The first line of a plugin is no handshake, or one of another protocol. */
  | 'PLUGIN_HANDSHAKE'
  /** A frame that yamux does not know, or that breaks its rules. */
  | 'PLUGIN_YAMUX'
  /** A gob message that contradicts itself or its definitions. */
  | 'PLUGIN_GOB'
  /** Calls and answers of net/rpc that do not fit together. */
  | 'PLUGIN_RPC'
  /** A message of the gRPC services that cannot be read. */
  | 'PLUGIN_MESSAGE'
  /** Larger, longer, deeper or more than is accepted. */
  | 'PLUGIN_LIMIT';

/** Bytes of the other side that are not what they should be. Nothing was taken over from them. */
export class PluginWireError extends DkronError<PluginWireErrorCode> {
  constructor(
    code: PluginWireErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(code, message, details, options);
  }
}
